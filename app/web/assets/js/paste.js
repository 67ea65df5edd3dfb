// A block from a spreadsheet spread over the cells of a line grid, to the right and down from where it is pasted.
const rowsOf = text => text.replace(/\r\n?/g, '\n').replace(/\n+$/, '').split('\n').map(row => row.split('\t'))

/** Fills the grid; answers when every pasted code has been looked up. */
export async function spread(grid, cell, text) {
  const start = cell.closest('tr')
  const column = grid.cells(start).indexOf(cell)
  let index = grid.rows.indexOf(start)
  const waiting = []
  for (const values of rowsOf(text)) {
    const row = grid.rows[index] ?? grid.add(false)
    if (!row) break
    const cells = grid.cells(row)
    values.forEach((value, offset) => {
      const target = cells[column + offset]
      if (target) waiting.push(put(target, value.trim()))
    })
    row.classList.remove('blank')
    index += 1
  }
  await Promise.allSettled(waiting)
}

async function put(control, value) {
  const picker = control.closest('hanse-ref')
  if (picker) {
    if (value) await picker.resolve(value)
    return
  }
  if (control.tagName === 'SELECT') {
    const wanted = value.toLowerCase()
    const option = [...control.options].find(item => item.value.toLowerCase() === wanted || item.text.trim().toLowerCase() === wanted)
    if (option) control.value = option.value
  } else if (control.type === 'checkbox') {
    control.checked = /^(1|true|yes|y|x|是|✓)$/i.test(value)
  } else if (control.type === 'date') {
    control.value = value.replace(/[./年月]/g, '-').replace(/日$/, '').replace(/-(\d)(?=-|$)/g, '-0$1')
  } else {
    control.value = value
  }
  control.dispatchEvent(new Event('input', { bubbles: true }))
}
