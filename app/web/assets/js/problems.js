// Refusals and failures: nothing typed is ever lost. A refused form keeps its page and gets a dialog;
// wrong fields (422) come back as the page itself; a failed page is shown as a page.
import { find, on, words } from './dom.js'
import { toast } from './toast.js'

function problem(ctx) {
  const box = new DOMParser().parseFromString(ctx.text || '', 'text/html').querySelector('.oops')
  const dialog = find('#problem')
  const place = dialog && find('.body', dialog)
  if (!dialog || !place) return toast({ text: words().failed, tone: 'bad' })
  if (box) {
    box.classList.add('small')
    place.replaceChildren(document.adoptNode(box))
  } else {
    const line = document.createElement('p')
    const id = ctx.response.headers.get('x-request-id')
    line.textContent = id ? `${words().failed} (${id})` : words().failed
    place.replaceChildren(line)
  }
  if (!dialog.open) dialog.showModal()
}

on('htmx:response:error', ({ detail: { ctx } }) => {
  const { status } = ctx.response
  if (status === 401) return
  if (status === 422 || ctx.text?.includes('data-conflict')) return
  const isPage = ctx.request.method === 'GET' && ctx.target?.id === 'page'
  if (isPage && status < 500) return
  if (ctx.sourceElement.closest?.('[hx-sse\\:connect]')) return
  Object.assign(ctx, { swap: 'none', push: 'false' })
  problem(ctx)
})

on('htmx:error', ({ detail: { ctx } }) => {
  if (!ctx || ctx.sourceElement?.matches?.('[hx-sse\\:connect]')) return
  const { timeout, network, offline } = words()
  toast({ text: ctx.request.signal?.reason === 'timeout' ? timeout : navigator.onLine ? network : offline, tone: 'bad' })
})

// Wrong fields: the first one has the focus, the summary above is announced.
on('htmx:after:swap', ({ detail: { ctx } }) => {
  if (ctx?.response?.status !== 422) return
  const scope = find('dialog[open]') ?? document
  const first = find('[aria-invalid=true]', scope) ?? find('.errors', scope)
  first?.focus()
})
on('click', event => {
  const link = event.target.closest?.('.errors a[href^="#"]')
  const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)))
  if (field) { event.preventDefault(); field.focus(); field.scrollIntoView({ block: 'center' }) }
})

const offline = () => { const band = find('#offline'); if (band) band.hidden = navigator.onLine }
addEventListener('online', offline)
addEventListener('offline', offline)
