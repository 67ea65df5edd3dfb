// The matrix of yes and no: rows found while typing, a column ticked at once, how many ticks differ from what is stored.
import { all, find, on } from './shared.js'

const root = () => find('[data-matrix]')

function search(text) {
  const matrix = root()
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  let shown = 0
  for (const group of all('[data-group]', matrix)) {
    const rows = all('tbody tr', group)
    for (const row of rows) row.hidden = !words.every(word => row.dataset.words.includes(word))
    const left = rows.filter(row => !row.hidden).length
    group.hidden = !left
    shown += left
  }
  find('[data-none]', matrix).hidden = shown > 0
}

function count() {
  const matrix = root()
  const told = matrix && find('[data-changes]', matrix)
  if (!told) return
  const differing = all('input[type=checkbox]', matrix).filter(box => box.checked !== box.defaultChecked).length
  told.hidden = !differing
  find('[data-changed]', told).textContent = differing
}

function tick(button) {
  const at = Number(button.dataset.column) + 1
  const boxes = all('tbody tr', button.closest('table')).filter(row => !row.hidden)
    .map(row => find('input', row.cells[at])).filter(Boolean)
  const every = boxes.every(box => box.checked)
  for (const box of boxes) box.checked = !every
  boxes[0]?.dispatchEvent(new Event('input', { bubbles: true }))
  count()
}

on('input', event => { if (event.target.matches('[data-find]')) search(event.target.value) })
on('keydown', event => { if (event.key === 'Enter' && event.target.matches('[data-find]')) event.preventDefault() })
on('change', event => { if (event.target.closest('[data-matrix]')) count() })
on('click', event => {
  const button = event.target.closest('[data-matrix] [data-column]')
  if (button) tick(button)
})
count()
