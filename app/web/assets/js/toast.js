// A short word that goes away: 8 seconds, longer while it is pointed at or holds the focus.
import { all, csrf, find, newKey, on, visit, words } from './dom.js'

const SHOWN_MS = 8_000

/** {text, tone, href, label, undo}: `undo` is an address that takes the step back when posted to. */
export function toast({ text, tone = '', href = '', label = '', undo = '' }) {
  const place = find('#toasts')
  if (!place || !text) return
  const note = document.createElement('div')
  note.className = `toast ${tone}`
  const said = document.createElement('span')
  said.textContent = text
  note.append(said)
  if (href || undo) {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = label || (undo ? words().undo : words().open)
    button.onclick = () => { note.remove(); undo ? takeBack(undo) : visit(href) }
    note.append(button)
  }
  place.append(note)
  let timer = setTimeout(() => note.remove(), SHOWN_MS)
  note.onpointerenter = note.onfocusin = () => clearTimeout(timer)
  note.onpointerleave = note.onfocusout = () => { timer = setTimeout(() => note.remove(), SHOWN_MS) }
}

async function takeBack(address) {
  const answer = await fetch(address, {
    method: 'POST', headers: { 'X-CSRF-Token': csrf(), 'Idempotency-Key': newKey(), 'HX-Request': 'true' },
  })
  if (answer.ok) visit(location.pathname + location.search)
  else toast({ text: words().failed, tone: 'bad' })
}

on('hanse:toast', event => toast(event.detail))

// Toasts the server left in the page after a redirect.
const flash = root => {
  const left = root.matches?.('[data-toast]') ? [root] : all('[data-toast]', root)
  for (const element of left) { toast({ text: element.dataset.toast }); element.remove() }
}
flash(document)
window.htmx.onLoad(flash)
