// <hanse-lines>: the line grid over a real table of inputs. Keyboard and paste as in a spreadsheet;
// totals, prices and availability come from the server, which is asked with the whole form.
import { balance } from './balance.js'
import { spread } from './paste.js'
import { all, csrf, debounce, find, isNewer } from './shared.js'

const PREVIEW_MS = 150

class Lines extends HTMLElement {
  connectedCallback() {
    if (this.body) return
    this.body = find('tbody', this)
    this.form = this.closest('form')
    this.preview = debounce(PREVIEW_MS, () => this.ask())
    this.addEventListener('keydown', event => this.press(event))
    this.addEventListener('paste', event => this.paste(event))
    this.addEventListener('click', event => this.click(event))
    this.addEventListener('input', event => this.changed(event))
    this.addEventListener('pointerdown', event => this.drag(event))
    this.watch = event => {
      if (!this.contains(event.target) && event.target.closest('[data-depends]')) this.preview()
    }
    this.form?.addEventListener('change', this.watch)
  }

  disconnectedCallback() {
    this.form?.removeEventListener('change', this.watch)
    this.running?.abort()
  }

  get rows() { return all(':scope > tr[data-line]', this.body) }
  cells(row) { return all('[data-cell]', row) }
  isEmpty(row) {
    const ours = name => name && !name.startsWith('_') && !/\.(id|version)$/.test(name)
    return all('input, select, textarea', row).every(control =>
      !ours(control.name) || (/checkbox|radio/.test(control.type) ? !control.checked : !control.value.trim()))
  }

  // ---- lines

  add(focus = true) {
    const blank = find('template', this)
    if (!blank) return null
    const row = blank.content.firstElementChild.cloneNode(true)
    this.body.append(row)
    this.number()
    window.htmx.process(row)
    if (focus) this.go(row, 0)
    return row
  }

  remove(row) {
    const index = this.rows.indexOf(row)
    const column = this.cells(row).indexOf(document.activeElement)
    row.remove()
    if (!this.rows.length) this.add(false)
    this.number()
    const next = this.rows[Math.min(index, this.rows.length - 1)]
    this.go(next, Math.max(0, column))
    this.soil()
    this.preview()
  }

  move(row, step) {
    const other = step < 0 ? row.previousElementSibling : row.nextElementSibling
    if (!other) return
    const held = document.activeElement
    step < 0 ? other.before(row) : other.after(row)
    this.number()
    held?.focus?.()
    this.soil()
    this.preview()
  }

  soil() { if (this.form) this.form.dataset.dirty = '1' }

  /** Names and labels follow the order of the rows: `lines.0.item_id`. */
  number() {
    const { name } = this.dataset
    this.rows.forEach((row, index) => {
      const number = find('[data-no]', row)
      if (number) number.textContent = index + 1
      for (const control of all('[name]', row)) {
        control.name = control.name.replace(new RegExp(`(^|_text\\.)${name}\\.[^.]+\\.`), `$1${name}.${index}.`)
        if (control.id) control.id = `f-${control.name}`
        if (control.dataset.label) control.setAttribute('aria-label', `${control.dataset.label} ${index + 1}`)
      }
    })
  }

  // ---- keyboard

  go(row, column) {
    const cells = row && this.cells(row)
    const cell = cells?.[Math.max(0, Math.min(column, cells.length - 1))]
    if (!cell) return
    cell.focus()
    if (cell.select && cell.type !== 'date') cell.select()
  }

  press(event) {
    const cell = event.target.closest('[data-cell]')
    const row = cell?.closest('tr')
    if (!row || event.isComposing) return
    const rows = this.rows
    const y = rows.indexOf(row)
    const x = this.cells(row).indexOf(cell)
    const command = event.ctrlKey || event.metaKey
    const done = () => event.preventDefault()
    if (event.altKey && /^Arrow(Up|Down)$/.test(event.key) && cell.role !== 'combobox') {
      done()
      this.move(row, event.key === 'ArrowUp' ? -1 : 1)
    } else if (command && event.shiftKey && event.key.toLowerCase() === 'd') {
      done()
      this.repeat(row, x)
    } else if (this.dataset.balance && balance(this, event, row, cell)) {
      done()
      this.changed(event)
    } else if (command && event.key.toLowerCase() === 'd') {
      done()
      if (y > 0) this.copy(this.cells(rows[y - 1])[x], cell)
    } else if (command && event.key === 'Delete') {
      done()
      this.remove(row)
    } else if (event.key === 'F2') {
      done()
      cell.setSelectionRange?.(cell.value.length, cell.value.length)
    } else if (event.key === 'Enter' && !command) {
      done()
      if (event.shiftKey) this.go(rows[y - 1], x)
      else this.go(rows[y + 1] ?? this.add(false), x)
    } else if (event.key === 'Tab' && !event.shiftKey && y === rows.length - 1 && x === this.cells(row).length - 1) {
      if (!this.isEmpty(row) && this.add()) done()
    } else if (/^Arrow/.test(event.key) && !command && !event.altKey && !event.shiftKey) {
      this.arrow(event, cell, rows, y, x)
    }
  }

  arrow(event, cell, rows, y, x) {
    const vertical = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    if (vertical) {
      if (cell.matches('select, input[type=date]')) return
      event.preventDefault()
      this.go(rows[y + vertical], x)
      return
    }
    const back = event.key === 'ArrowLeft'
    const { selectionStart: from, selectionEnd: to, value } = cell
    const whole = from === 0 && to === value?.length
    const edge = cell.matches('select, input[type=date], input[type=checkbox]') ? cell.type !== 'date' : back ? to === 0 : from === value.length
    if (!whole && !edge) return
    const next = x + (back ? -1 : 1)
    if (next < 0 || next >= this.cells(rows[y]).length) return
    event.preventDefault()
    this.go(rows[y], next)
  }

  /** The whole line once more, below it. */
  repeat(row, column) {
    const made = this.add(false)
    if (!made) return
    row.after(made)
    made.classList.remove('blank')
    const [from, to] = [row, made].map(line => all('input[name], select[name], textarea[name]', line))
    from.forEach((control, index) => {
      if (/\.id$/.test(control.name)) return
      if (control.type === 'checkbox') to[index].checked = control.checked
      else to[index].value = control.value
    })
    this.number()
    this.go(made, column)
    this.soil()
    this.preview()
  }

  copy(from, to) {
    if (!from || !to) return
    const [source, target] = [from, to].map(cell => cell.closest('hanse-ref'))
    if (source && target) target.choose({ id: source.store.value, text: from.value })
    else if (to.type === 'checkbox') to.checked = from.checked
    else to.value = from.value
    to.dispatchEvent(new Event('input', { bubbles: true }))
  }

  // ---- paste

  async paste(event) {
    const cell = event.target.closest('[data-cell]')
    const text = event.clipboardData?.getData('text/plain') ?? ''
    if (!cell || !/[\t\n]/.test(text.trimEnd())) return
    event.preventDefault()
    await spread(this, cell, text)
    this.soil()
    this.preview()
  }

  // ---- pointer

  click(event) {
    const button = event.target.closest('button')
    if (!button || !this.contains(button)) return
    if (button.matches('[data-add]')) this.add()
    else if (button.matches('[data-remove]')) this.remove(button.closest('tr'))
    else if (button.matches('[data-up]')) this.move(button.closest('tr'), -1)
  }

  drag(event) {
    const handle = event.target.closest('[data-handle]')
    const row = handle?.closest('tr')
    if (!row) return
    event.preventDefault()
    handle.setPointerCapture(event.pointerId)
    row.classList.add('moving')
    const over = move => {
      const other = document.elementFromPoint(move.clientX, move.clientY)?.closest('tr[data-line]')
      if (!other || other === row || other.parentNode !== this.body) return
      const box = other.getBoundingClientRect()
      move.clientY > box.top + box.height / 2 ? other.after(row) : other.before(row)
    }
    const stop = () => {
      row.classList.remove('moving')
      handle.removeEventListener('pointermove', over)
      this.number()
      this.soil()
      this.preview()
    }
    handle.addEventListener('pointermove', over)
    handle.addEventListener('lostpointercapture', stop, { once: true })
  }

  // ---- the server's figures

  changed(event) {
    const control = event.target
    const row = control.closest('tr[data-line]')
    if (!row) return
    delete control.dataset.auto
    // Another item: what followed from the old one (price, unit, tax) follows from the new one.
    if (control.type === 'hidden' && control.closest('hanse-ref')) {
      for (const other of all('[data-auto]', row)) if (other.value === other.dataset.auto) other.value = ''
    }
    if (row.classList.contains('blank') && !this.isEmpty(row)) row.classList.remove('blank')
    this.preview()
  }

  async ask() {
    if (!this.dataset.preview || !this.form) return
    this.running?.abort()
    this.running = new AbortController()
    const since = performance.now()
    const body = new URLSearchParams()
    for (const [name, value] of new FormData(this.form)) if (typeof value === 'string') body.append(name, value)
    const totals = find('[data-totals]', this.form)
    totals?.classList.add('stale')
    try {
      const answer = await fetch(this.dataset.preview, {
        method: 'POST', body, signal: this.running.signal,
        headers: { 'X-CSRF-Token': csrf(), 'HX-Request': 'true', 'HX-Request-Type': 'partial' },
      })
      if (answer.ok) this.show(new DOMParser().parseFromString(await answer.text(), 'text/html'), since)
      totals?.classList.remove('stale')
    } catch (error) {
      if (error.name !== 'AbortError') totals?.classList.remove('stale')
    }
  }

  /** Puts the answer (partials/preview.html) in its places; newer typing is left alone. */
  show(answer, since) {
    const filled = this.rows.filter(row => !this.isEmpty(row))
    for (const said of all(`[data-grid="${this.dataset.name}"] [data-line]`, answer)) {
      const row = filled[Number(said.dataset.line)]
      if (!row) continue
      for (const cell of all('[data-col]', said)) {
        const place = find(`[data-col="${cell.dataset.col}"]`, row)
        if (!place) continue
        if (cell.dataset.value === undefined) place.replaceChildren(...cell.childNodes)
        else this.put(place, cell.dataset, since)
      }
    }
    for (const field of all('[data-field]', answer)) {
      const place = find(`[data-field="${CSS.escape(field.dataset.field)}"]`, this.form)
      if (place) this.put(place, field.dataset, since)
    }
    for (const part of ['totals', 'postings', 'notes']) {
      const [old, next] = [find(`[data-${part}]`, this.form), find(`[data-${part}]`, answer)]
      if (old && next) old.replaceChildren(...next.childNodes)
    }
  }

  put(place, { value, shown }, since) {
    const control = find('input[name]:not([name^="_"]), select, textarea', place)
    if (!control || control === document.activeElement || isNewer(control, since) || control.type === 'checkbox') return
    const field = find('[role=combobox]', place)
    if (field === document.activeElement && field) return
    if (control.value === value) return
    if (!value && control.value) return
    control.value = value
    if (control.value === value) control.dataset.auto = value
    if (field) field.value = shown ?? ''
  }
}

customElements.define('hanse-lines', Lines)
