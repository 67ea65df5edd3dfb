// List reports: selection with ranges and sums, rows by keyboard, search while typing, order of columns.
import { all, debounce, find, isTyping, on } from './dom.js'
import { inSequence } from './keys.js'

let last = null
let at = -1

const grid = () => find('table[data-grid]')
const boxes = table => all('tbody input[name=id]', table)

function update() {
  const table = grid()
  const bar = find('#bulk')
  if (!table || !bar) return
  const every = boxes(table)
  const chosen = every.filter(box => box.checked)
  for (const box of every) box.closest('tr').setAttribute('aria-selected', String(box.checked))
  bar.hidden = !chosen.length
  find('[data-count]', bar).textContent = chosen.length
  const sum = find('[data-sum]', bar)
  const amounts = chosen.map(box => Number(box.closest('tr').dataset.amount)).filter(Number.isFinite)
  const format = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
  if (sum) sum.textContent = amounts.length ? format.format(amounts.reduce((a, b) => a + b, 0)) : ''
  const head = find('[data-all]', table)
  const full = every.length > 0 && chosen.length === every.length
  if (head) { head.checked = full; head.indeterminate = chosen.length > 0 && !full }
  const offer = find('[data-matching]', bar)
  if (offer) offer.hidden = !full || bar.elements.all.value === '1'
  if (!full) everything(bar, false)
}

function everything(bar, whole) {
  bar.elements.all.value = whole ? '1' : ''
  bar.elements.query.disabled = !whole
  const note = find('[data-whole]', bar)
  if (note) note.hidden = !whole
  const count = find('[data-some]', bar)
  if (count) count.hidden = whole
}

on('click', event => {
  const box = event.target
  if (box.matches?.('table[data-grid] tbody input[name=id]')) {
    const every = boxes(grid())
    const here = every.indexOf(box)
    const from = last ? every.indexOf(last) : -1
    if (event.shiftKey && from >= 0) {
      for (const other of every.slice(Math.min(here, from), Math.max(here, from) + 1)) other.checked = box.checked
    }
    last = box
    update()
  } else if (box.matches?.('[data-all]')) {
    for (const other of boxes(grid())) other.checked = box.checked
    update()
  } else if (box.closest?.('[data-clear]')) {
    for (const other of boxes(grid())) other.checked = false
    update()
  } else if (box.closest?.('[data-matching]')) {
    const bar = find('#bulk')
    everything(bar, true)
    find('[data-matching]', bar).hidden = true
  }
})
on('htmx:after:settle', () => { last = null; update() })
addEventListener('pageshow', update)

on('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || find('dialog[open]') || inSequence()) return
  if (isTyping(event.target) || document.body.dataset.letters === 'off') return
  const rows = all('table[data-grid] tbody tr[data-href], table[data-grid] tbody tr[data-id]')
  if (!rows.length || !'jkx'.includes(event.key)) return
  const held = rows.findIndex(row => row.contains(document.activeElement))
  if (held >= 0) at = held
  if (event.key === 'x') {
    find('input[name=id]', rows[at] ?? rows[0])?.click()
  } else {
    at = Math.max(0, Math.min(rows.length - 1, at + (event.key === 'j' ? 1 : -1)))
    for (const row of rows) row.classList.toggle('at', row === rows[at])
    const stop = find('a[href]', rows[at]) ?? find('input', rows[at])
    stop?.focus()
    rows[at].scrollIntoView({ block: 'nearest' })
  }
  event.preventDefault()
})

// Search while typing; the form itself is htmx's.
const search = debounce(250, form => form.requestSubmit())
on('input', event => {
  if (!event.isComposing && event.target.matches?.('.filters input[type=search]')) search(event.target.form)
})

// Columns change places by buttons: the same for pointer and keyboard.
on('click', event => {
  const button = event.target.closest?.('[data-move]')
  if (!button) return
  event.preventDefault()
  const item = button.closest('li')
  if (button.dataset.move === 'up') item.previousElementSibling?.before(item)
  else item.nextElementSibling?.after(item)
  button.focus()
})
