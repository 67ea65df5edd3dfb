// The command palette: one field over records, places and actions; the server searches.
import { all, debounce, find, visit } from './shared.js'

const dialog = find('#palette')
const field = find('input', dialog)
const list = find('[role=listbox]', dialog)
let at = 0
let running

const options = () => all('[role=option]', list)

function mark(index) {
  const found = options()
  at = found.length ? (index + found.length) % found.length : 0
  found.forEach((option, number) => option.setAttribute('aria-selected', String(number === at)))
  if (!found[at]) return field.removeAttribute('aria-activedescendant')
  field.setAttribute('aria-activedescendant', found[at].id)
  found[at].scrollIntoView({ block: 'nearest' })
}

async function search() {
  running?.abort()
  running = new AbortController()
  const { signal } = running
  try {
    const address = `${dialog.dataset.search}?q=${encodeURIComponent(field.value.trim())}`
    const answer = await fetch(address, { signal, headers: { 'HX-Request': 'true', 'HX-Request-Type': 'partial' } })
    if (!answer.ok) return
    list.innerHTML = await answer.text()
    options().forEach((option, number) => { option.id ||= `pal-${number}` })
    mark(0)
  } catch (error) {
    if (error.name !== 'AbortError') throw error
  }
}

function go(option, elsewhere) {
  if (!option) return
  if (elsewhere) return open(option.dataset.href, '_blank', 'noopener')
  dialog.close()
  visit(option.dataset.href)
}

const later = debounce(120, search)
field.addEventListener('input', event => { if (!event.isComposing) later() })
field.addEventListener('keydown', event => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (step) { event.preventDefault(); mark(at + step) }
  else if (event.key === 'Enter' && !event.isComposing) { event.preventDefault(); go(options()[at], event.ctrlKey || event.metaKey) }
})
list.addEventListener('click', event => go(event.target.closest('[role=option]'), event.ctrlKey || event.metaKey))
list.addEventListener('pointermove', event => {
  const option = event.target.closest('[role=option]')
  if (option) mark(options().indexOf(option))
})

export function openPalette() {
  if (!dialog || dialog.open) return
  dialog.showModal()
  field.select()
  search()
}
