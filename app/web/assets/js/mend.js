// Mendings of htmx 4.0.1, each for a failure seen against a real server (F1 to F9).
import { all, find, on } from './dom.js'

const htmx = window.htmx
const typedAt = new WeakMap()
let swapping = null

// F1: after a morph the server's value wins, unless the person typed after the request began.
on('input', event => typedAt.set(event.target, performance.now()), true)
on('htmx:before:request', event => { event.detail.ctx.startedAt = performance.now() })
on('htmx:before:swap', event => { swapping = event.detail.ctx }, true)
on('htmx:finally:swap', () => { swapping = null })

/** Whether a control holds something newer than the answer that began at `since`. */
export const isNewer = (control, since) => (typedAt.get(control) ?? -1) > since

htmx.registerExtension('hanse-form', {
  htmx_before_morph_node(old, { newNode: next }) {
    if (!/^(INPUT|SELECT|TEXTAREA)$/.test(old.tagName) || old.type === 'file') return
    if (isNewer(old, swapping?.startedAt ?? 0)) return
    if (old === document.activeElement && swapping?.sourceElement !== old.form) return
    if (/checkbox|radio/.test(old.type)) old.checked = next.defaultChecked
    else if (old.tagName === 'SELECT') { const value = next.value; queueMicrotask(() => { old.value = value }) }
    else if (old.tagName === 'TEXTAREA') { const value = next.defaultValue; queueMicrotask(() => { old.value = value }) }
    else { const value = next.getAttribute('value') ?? ''; if (old.value !== value) old.value = value }
  },
})

// F2: a POST that was redirected is followed as a page. Forms marked data-stay take their part from it instead.
on('htmx:after:request', ({ detail: { ctx } }) => {
  if (ctx.request.method === 'GET') return
  if (!ctx.response.raw.redirected) ctx.push = 'false'
  else if (!ctx.sourceElement.closest?.('[data-stay]')) {
    Object.assign(ctx, { target: '#page', select: '#page', swap: 'outerHTML', push: 'true' })
  }
  // A redirect told to a part (dialog) is followed the same way, without loading the page anew.
  const path = ctx.hx?.redirect
  if (path?.startsWith('/') && ctx.response.status < 300 && find('#page')) {
    ctx.hx.location = JSON.stringify({ path, target: '#page', select: '#page', swap: 'outerHTML' })
    delete ctx.hx.redirect
  }
})

// F3, F4: an event stream that could not connect is tried again; a silent one is cut and reconnects.
const QUIET_MS = 65_000
const source = event => event.target.closest?.('[hx-sse\\:connect]')
const again = event => {
  const element = source(event)
  if (element && !element._htmx?.sse) setTimeout(() => htmx.trigger(element, 'hanse:sse'), 5_000 + Math.random() * 5_000)
}
on('htmx:error', again)
on('htmx:response:error', again)
on('htmx:sse:after:connection', ({ detail: { connection } }) => {
  connection.heardAt = Date.now()
  clearInterval(connection.watch)
  connection.watch = setInterval(() => {
    if (Date.now() - connection.heardAt < QUIET_MS || !connection.reader) return
    connection.heardAt = Date.now()
    connection.abortController?.abort?.()
  }, 5_000)
})
on('htmx:sse:before:message', event => { event.detail.connection.heardAt = Date.now() })
on('htmx:sse:close', event => clearInterval(event.detail.connection?.watch))

// F5: focus goes back to what was pressed if the request lost it.
on('htmx:finally:request', ({ detail: { ctx } }) => {
  const pressed = ctx.request.submitter || ctx.sourceElement
  setTimeout(() => {
    if (document.activeElement !== document.body || !pressed?.isConnected || pressed.disabled) return
    if (pressed.matches?.('button, input, a')) pressed.focus({ preventScroll: true })
  })
})

// F6: Back that could not be fetched becomes a real page load.
const failed = event => {
  if (event.detail.ctx?.request?.headers?.['HX-History-Restore-Request'] && navigator.onLine) location.reload()
}
on('htmx:error', failed)
on('htmx:response:error', failed)

// F7: an answer without the wanted part (sign-in page, proxy error) is shown as the page it is.
on('htmx:before:swap', event => {
  const { ctx, tasks } = event.detail
  const main = tasks.find(task => task.type === 'main')
  if (ctx.select && main && ctx.swap !== 'none' && !main.fragment.childNodes.length) {
    event.preventDefault()
    location.href = ctx.response.raw.url
  }
})

// F8: an input method that is composing is left alone; one event follows when it is done.
on('input', event => { if (event.isComposing) event.stopPropagation() }, true)
on('compositionend', event => event.target.dispatchEvent(new Event('input', { bubbles: true })))

// F9: dialogs and menus do not outlive the page they were opened on.
const closeAll = () => {
  for (const dialog of all('dialog[open]')) dialog.close()
  for (const menu of all('[popover]:popover-open')) menu.hidePopover()
}
on('htmx:before:history:restore', closeAll)
on('htmx:after:history:push', closeAll)

// After a page change the new heading has the focus, so that screen readers and Tab start there.
on('htmx:after:settle', ({ detail: { task }, target }) => {
  if (task?.type !== 'main' || target.id !== 'page') return
  if (target.contains(document.activeElement) && document.activeElement !== document.body) return
  const heading = find('[autofocus]', target) ?? find('h1', target)
  if (heading?.tagName === 'H1') heading.tabIndex = -1
  heading?.focus({ preventScroll: true })
})
