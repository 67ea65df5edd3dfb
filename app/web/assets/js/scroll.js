// Back returns to the same row: scroll places of the inner panes are kept by address.
import { all, on } from './dom.js'

const STORE = 'hanse-scroll'
const places = new Map(JSON.parse(sessionStorage.getItem(STORE) || '[]'))
const name = (pane, address = location.href) => `${address}#${pane.dataset.scroll}`
let address = location.href
let restoring = false

on('scroll', event => {
  const pane = event.target
  if (pane.dataset?.scroll && location.href === address) places.set(name(pane), [pane.scrollTop, pane.scrollLeft])
}, { capture: true, passive: true })

function restore() {
  for (const pane of all('[data-scroll]')) {
    const place = places.get(name(pane))
    if (place) [pane.scrollTop, pane.scrollLeft] = place
  }
}

on('htmx:before:history:restore', () => { restoring = true })
on('htmx:after:history:update', () => { address = location.href })
on('htmx:after:settle', event => {
  address = location.href
  if (restoring && event.target.id === 'page') { restoring = false; restore() }
})
addEventListener('pagehide', () => sessionStorage.setItem(STORE, JSON.stringify([...places].slice(-60))))
if (performance.getEntriesByType('navigation')[0]?.type !== 'navigate') restore()
