// What every request carries: the CSRF token, an idempotency key for each submit, no empty parameters in addresses.
import { csrf, newKey, on } from './dom.js'

const keys = new WeakMap()

function keyOf(ctx) {
  const owner = ctx.request.form ?? ctx.sourceElement
  const held = keys.get(owner) ?? keys.set(owner, new Map()).get(owner)
  const action = ctx.request.action
  if (!held.has(action)) held.set(action, newKey())
  return held.get(action)
}

on('htmx:config:request', ({ detail: { ctx } }) => {
  const { request } = ctx
  if (/GET|HEAD/.test(request.method)) {
    if (request.form || ctx.sourceElement.matches?.('form')) {
      for (const name of new Set(request.body.keys())) {
        const values = request.body.getAll(name).filter(value => value !== '' && !name.startsWith('_'))
        request.body.delete(name)
        for (const value of values) request.body.append(name, value)
      }
    }
    return
  }
  request.headers['X-CSRF-Token'] = csrf()
  request.headers['Idempotency-Key'] = keyOf(ctx)
})

// The same key until the server has answered; another body is another request.
on('htmx:after:request', ({ detail: { ctx } }) => {
  if (ctx.response.status < 500) keys.delete(ctx.request.form ?? ctx.sourceElement)
})
on('input', event => { if (event.target.form) keys.delete(event.target.form) })

// Busy: the pressed button at once, the line on top when it takes longer.
let waiting = 0
let timer
on('htmx:before:request', ({ detail: { ctx } }) => {
  waiting += 1
  clearTimeout(timer)
  timer = setTimeout(() => document.documentElement.classList.toggle('is-busy', waiting > 0), 200)
  if (ctx.request.method !== 'GET') ctx.request.submitter?.setAttribute('aria-busy', 'true')
})
on('htmx:finally:request', ({ detail: { ctx } }) => {
  waiting = Math.max(0, waiting - 1)
  if (!waiting) document.documentElement.classList.remove('is-busy')
  ctx.request.submitter?.removeAttribute('aria-busy')
})

// Plain form submits carry the token in the body, and come back to where one is now: the frame may be older than the page.
on('submit', event => {
  const field = event.target.elements?.csrf
  if (field && csrf()) field.value = csrf()
  const here = event.target.elements?.here
  if (here && here.value !== '/') here.value = location.pathname + location.search
}, true)

// A button that is busy, or shown as refused, submits nothing.
on('submit', event => {
  if (event.submitter?.getAttribute('aria-busy') === 'true' || event.submitter?.getAttribute('aria-disabled') === 'true') {
    event.preventDefault()
    event.stopImmediatePropagation()
  }
}, true)
on('click', event => {
  if (event.target.closest?.('[aria-disabled=true]')) { event.preventDefault(); event.stopImmediatePropagation() }
}, true)
