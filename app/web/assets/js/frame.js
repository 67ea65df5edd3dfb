// The frame: menus, dialogs, preferences, where the side menu stands, the palette's door.
import { all, csrf, find, on, place, visit } from './dom.js'

// Menus: shut after a choice, placed by hand where the browser cannot.
on('toggle', event => {
  if (event.target.matches?.('.menu') && event.newState === 'open') {
    const opener = find(`[popovertarget="${event.target.id}"]`)
    if (opener) place(event.target, opener)
    find('input:not([type=hidden]):not([type=checkbox])', event.target)?.focus?.()
  }
}, true)
on('click', event => {
  const menu = event.target.closest?.('.menu')
  if (menu && event.target.closest('a, button[type=submit], button[data-done]')) menu.hidePopover?.()
})
// Arrow keys walk through an open menu.
on('keydown', event => {
  const menu = event.target.closest?.('.menu')
  if (!menu || !/^Arrow(Up|Down)$/.test(event.key) || event.target.matches('input, select, textarea')) return
  const stops = all('a, button, label input, summary', menu).filter(stop => stop.offsetParent)
  const at = stops.indexOf(document.activeElement)
  stops.at((at + (event.key === 'ArrowDown' ? 1 : -1)) % stops.length)?.focus()
  event.preventDefault()
})

// Dialogs: served ones open at once, any close takes served ones away and gives the focus back.
const open = root => {
  const served = root.matches?.('dialog[data-open]') ? [root] : all('dialog[data-open]', root)
  for (const dialog of served) {
    if (dialog.open) continue
    dialog.opener = document.activeElement
    dialog.showModal()
  }
}
open(document)
window.htmx.onLoad(open)
on('click', event => {
  if (event.target.closest?.('[data-close]')) event.target.closest('dialog')?.close()
  else if (event.target.matches?.('dialog.pal')) event.target.close()
})
on('close', event => {
  const dialog = event.target
  if (!dialog.matches?.('dialog[data-open]')) return
  dialog.remove()
  if (dialog.opener?.isConnected) dialog.opener.focus()
}, true)
on('click', event => {
  const opener = event.target.closest?.('[data-dialog]')
  if (!opener) return
  event.preventDefault()
  find(`#${opener.dataset.dialog}`)?.showModal()
})
// A record made in a dialog goes to the picker that asked for it.
on('hanse:created', event => {
  const dialog = find('dialog[data-open][open]')
  const picker = dialog?.opener?.closest?.('hanse-ref')
  dialog?.close()
  picker?.choose?.(event.detail)
})

// Preferences: theme and density take effect at once; language and company load the page anew.
on('submit', event => {
  const button = event.submitter
  if (!event.target.matches('[data-preferences]') || !/^(theme|density)$/.test(button?.name)) return
  event.preventDefault()
  event.stopImmediatePropagation()
  document.documentElement.dataset[button.name] = button.value
  for (const other of all(`[name=${button.name}]`, event.target)) other.setAttribute('aria-pressed', String(other === button))
  const body = new URLSearchParams(new FormData(event.target, button))
  fetch(event.target.action, { method: 'POST', body, headers: { 'X-CSRF-Token': csrf() }, redirect: 'manual', keepalive: true })
}, true)

// The side menu and the tab bar follow the address.
function mark() {
  for (const nav of all('.nav, .tabbar')) {
    const path = location.pathname
    const links = all('a[href]', nav).filter(link => {
      const target = new URL(link.href).pathname
      return path === target || (target !== '/' && path.startsWith(`${target}/`))
    })
    const best = links.sort((a, b) => b.pathname.length - a.pathname.length)[0]
    for (const link of all('a[aria-current]', nav)) if (link !== best) link.removeAttribute('aria-current')
    best?.setAttribute('aria-current', 'page')
    for (let section = best?.closest('details'); section; section = section.parentElement.closest('details')) section.open = true
  }
  find('#side')?.classList.remove('open')
}
// Counts in the menu come along with each page, which is sent without the frame.
const count = root => {
  for (const left of root.matches?.('[data-counts]') ? [root] : all('[data-counts]', root)) {
    for (const [path, text] of Object.entries(JSON.parse(left.dataset.counts))) {
      for (const link of all(`.nav a[href="${CSS.escape(path)}"]`)) {
        const badge = find('.cnt', link) ?? link.appendChild(Object.assign(document.createElement('span'), { className: 'cnt' }))
        if (text) badge.textContent = text
        else badge.remove()
      }
    }
    left.remove()
  }
}
window.htmx.onLoad(count)
on('htmx:after:history:update', mark)
on('htmx:after:settle', event => { if (event.target.id === 'page') mark() })
on('click', event => { if (event.target.closest?.('[data-side]')) find('#side')?.classList.toggle('open') })

// The palette is loaded when it is first asked for.
export async function palette() {
  const { openPalette } = await import('./palette.js')
  openPalette()
}
on('click', event => { if (event.target.closest?.('[data-palette]')) { event.preventDefault(); palette() } })

// A whole row or card leads where its link leads.
on('click', event => {
  const row = event.target.closest?.('tr[data-href]')
  if (!row || event.target.closest('a, button, input, label, select')) return
  if (getSelection()?.toString()) return
  const link = find('a[href]', row)
  if (event.ctrlKey || event.metaKey) globalThis.open(row.dataset.href, '_blank', 'noopener')
  else if (link && link.getAttribute('href') === row.dataset.href) link.click()
  else visit(row.dataset.href)
})

// Trees of a report fold in the page.
on('click', event => {
  const button = event.target.closest?.('button.tree')
  const row = button?.closest('tr')
  if (!row) return
  const opens = button.getAttribute('aria-expanded') !== 'true'
  button.setAttribute('aria-expanded', String(opens))
  const level = Number(row.dataset.level)
  let shut = null
  for (let next = row.nextElementSibling; next && Number(next.dataset.level) > level; next = next.nextElementSibling) {
    const depth = Number(next.dataset.level)
    if (shut !== null && depth > shut) continue
    shut = find('button.tree[aria-expanded=false]', next) ? depth : null
    next.hidden = !opens
  }
})
on('click', event => {
  const button = event.target.closest?.('[data-copy]')
  if (!button) return
  const text = button.dataset.copy || location.href
  navigator.clipboard?.writeText(text).then(() => {
    document.dispatchEvent(new CustomEvent('hanse:toast', { detail: { text: button.dataset.copied } }))
  })
})
on('click', event => { if (event.target.closest?.('[data-print]')) print() })
