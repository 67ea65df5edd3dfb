// Small words the other files share.
export const find = (selector, root = document) => root.querySelector(selector)
export const all = (selector, root = document) => [...root.querySelectorAll(selector)]
export const on = (name, listener, options) => document.addEventListener(name, listener, options)

let told
/** The translated words scripts need, rendered by the server on <body>. */
export function words() {
  told ??= JSON.parse(document.body.dataset.words || '{}')
  return told
}

export const csrf = () => find('meta[name=csrf]')?.content ?? ''

/** A random key; `randomUUID` exists only in secure contexts, an on-premise host may be plain HTTP. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID()
  return [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('')
}

export const isTyping = target =>
  target.matches?.('input:not([type=checkbox],[type=radio],[type=button],[type=submit]), textarea, select, [contenteditable]') ?? false

/** Opens a page of ours as a boosted link would. */
export function visit(href) {
  if (!find('#page')) location.href = href
  else window.htmx.ajax('GET', href, { target: '#page', select: '#page', swap: 'outerHTML', push: 'true' })
}

export function debounce(wait, run) {
  let timer
  return (...given) => {
    clearTimeout(timer)
    timer = setTimeout(() => run(...given), wait)
  }
}

/** Puts a popover under its anchor where CSS anchor positioning is missing. */
export function place(popup, anchor) {
  if (CSS.supports('position-area', 'block-end')) return
  const box = anchor.getBoundingClientRect()
  const width = popup.offsetWidth
  const left = popup.classList.contains('start') ? box.left : box.right - width
  popup.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`
  popup.style.top = box.bottom + popup.offsetHeight > innerHeight && box.top > popup.offsetHeight
    ? `${box.top - popup.offsetHeight - 6}px` : `${box.bottom}px`
}
