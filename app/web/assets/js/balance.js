// Keys of a grid whose two columns must agree (debit, credit): `=` fills in what is missing (自动平衡), space
// changes sides. Figures are counted in ten-thousandths, as the ledger keeps them.
import { find } from './shared.js'

const SCALE = 10000
const worth = input => Math.round(Number(input.value.replace(/[,\s]/g, '')) * SCALE) || 0
const written = value => String(value / SCALE)

/** Whether the key was one of ours. */
export function balance(grid, event, row, cell) {
  const names = grid.dataset.balance.split(' ')
  const column = cell.closest('[data-col]')?.dataset.col
  if (!names.includes(column) || event.ctrlKey || event.metaKey || event.altKey) return false
  const inputs = line => names.map(name => find(`[data-col="${name}"] input`, line))
  const [left, right] = inputs(row)
  const other = cell === left ? right : left
  if (event.key === ' ') {
    [left.value, right.value] = [right.value, left.value]
    other.focus()
    other.select()
    return true
  }
  if (event.key !== '=') return false
  const missing = grid.rows.filter(line => line !== row)
    .reduce((sum, line) => { const [debit, credit] = inputs(line).map(worth); return sum + credit - debit }, 0)
  const own = cell === left ? missing : -missing
  cell.value = own >= 0 ? written(own) : ''
  other.value = own < 0 ? written(-own) : ''
  return true
}
