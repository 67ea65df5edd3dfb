// What is typed but not saved: asked about once before it is left.
import { find, on, words } from './dom.js'

const isDirty = () => find('form[data-guard][data-dirty]')

on('input', event => {
  const form = event.target.form
  if (form?.matches('[data-guard]') && event.target.name && !event.target.name.startsWith('_')) form.dataset.dirty = '1'
})
on('htmx:before:request', ({ detail: { ctx } }) => {
  if (ctx.request.method !== 'GET' && ctx.request.form) ctx.request.form.dataset.sent = '1'
})
on('htmx:after:request', ({ detail: { ctx } }) => {
  const form = ctx.request.form
  if (!form) return
  delete form.dataset.sent
  if (ctx.response.status < 400 && ctx.request.method !== 'GET') delete form.dataset.dirty
})

// Leaving by a link of ours.
on('htmx:config:request', event => {
  const { ctx } = event.detail
  const form = isDirty()
  if (!form || ctx.request.method !== 'GET' || ctx.target?.id !== 'page') return
  if (confirm(words().leave)) delete form.dataset.dirty
  else event.preventDefault()
})
// Leaving by anything else.
addEventListener('beforeunload', event => {
  const form = isDirty()
  if (form && !form.dataset.sent) event.preventDefault()
})
