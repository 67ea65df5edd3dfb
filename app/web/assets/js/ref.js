// <hanse-ref>: a combobox over records. The hidden input holds the id, the visible one the words;
// the server finds (`data-lookup`?q=) and, where it is allowed, makes (`data-create`?text=).
import { debounce, words } from './shared.js'

let serial = 0

class Picker extends HTMLElement {
  connectedCallback() {
    if (this.field) return
    this.field = this.querySelector('[role=combobox]')
    this.store = this.querySelector('input[type=hidden]')
    if (!this.field || this.field.readOnly) return
    this.said = this.field.value
    this.list = document.createElement('ul')
    this.list.className = 'pick'
    this.list.popover = 'manual'
    this.list.role = 'listbox'
    this.list.id = `pick-${serial += 1}`
    this.list.setAttribute('aria-label', this.field.getAttribute('aria-label') || this.field.labels?.[0]?.textContent.trim() || '')
    this.field.setAttribute('aria-controls', this.list.id)
    this.append(this.list)
    this.at = -1
    this.later = debounce(140, () => this.search())
    this.field.addEventListener('input', event => { if (!event.isComposing) { this.clear(); this.later() } })
    this.field.addEventListener('keydown', event => this.press(event))
    this.field.addEventListener('click', () => this.search(true))
    this.field.addEventListener('blur', () => setTimeout(() => this.leave(), 120))
    this.list.addEventListener('pointerdown', event => event.preventDefault())
    this.list.addEventListener('click', event => this.take(event.target.closest('[role=option]')))
  }

  disconnectedCallback() { this.running?.abort() }

  get open() { return this.list?.matches(':popover-open') ?? false }

  clear() {
    if (!this.store.value) return
    this.store.value = ''
    this.told()
  }

  /** Ask the server. `whole` lists what there is, whatever stands in the field. */
  async search(whole = false) {
    this.running?.abort()
    this.running = new AbortController()
    const query = whole && this.store.value ? '' : this.field.value.trim()
    const { signal } = this.running
    try {
      const answer = await fetch(this.address(query), { signal, headers: { 'HX-Request': 'true', 'HX-Request-Type': 'partial' } })
      if (!answer.ok) return
      this.list.innerHTML = await answer.text()
      if (this.dataset.create && query) this.offer(query)
      if (document.activeElement === this.field) this.show()
    } catch (error) {
      if (error.name !== 'AbortError') throw error
    }
  }

  address(query) {
    const address = new URL(this.dataset.lookup, location.href)
    address.searchParams.set('q', query)
    return address
  }

  offer(query) {
    const item = document.createElement('li')
    item.role = 'option'
    item.className = 'new'
    item.dataset.create = query
    item.textContent = (words().create ?? '').replace('{text}', query)
    this.list.append(item)
  }

  show() {
    this.options = [...this.list.querySelectorAll('[role=option]')]
    this.options.forEach((option, number) => { option.id = `${this.list.id}-${number}` })
    if (!this.open) this.list.showPopover()
    const box = this.field.getBoundingClientRect()
    const above = box.bottom + this.list.offsetHeight > innerHeight && box.top > this.list.offsetHeight
    Object.assign(this.list.style, {
      left: `${Math.max(8, Math.min(box.left, innerWidth - this.list.offsetWidth - 8))}px`,
      top: `${above ? box.top - this.list.offsetHeight - 4 : box.bottom}px`,
      minWidth: `${Math.max(box.width, 260)}px`,
    })
    this.field.setAttribute('aria-expanded', 'true')
    this.mark(this.field.value && this.options.length ? 0 : -1)
  }

  hide() {
    if (this.open) this.list.hidePopover()
    this.field.setAttribute('aria-expanded', 'false')
    this.field.removeAttribute('aria-activedescendant')
    this.at = -1
  }

  mark(index) {
    this.at = index < 0 ? -1 : (index + this.options.length) % this.options.length
    this.options.forEach((option, number) => option.setAttribute('aria-selected', String(number === this.at)))
    const option = this.options[this.at]
    if (!option) return this.field.removeAttribute('aria-activedescendant')
    this.field.setAttribute('aria-activedescendant', option.id)
    option.scrollIntoView({ block: 'nearest' })
  }

  press(event) {
    if (event.isComposing) return
    if (event.key === 'F7') {
      event.preventDefault()
      this.search(true)
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (!this.open) {
        if (event.altKey || !this.closest('hanse-lines')) { event.preventDefault(); this.search(true) }
        return
      }
      event.preventDefault()
      event.stopPropagation()
      if (this.options.length) this.mark(this.at + (event.key === 'ArrowDown' ? 1 : -1))
    } else if (this.open && (event.key === 'Enter' || event.key === 'Tab') && this.options[this.at]) {
      if (event.key === 'Enter') { event.preventDefault(); event.stopPropagation() }
      this.take(this.options[this.at])
    } else if (event.key === 'Escape' && this.open) {
      event.stopPropagation()
      event.preventDefault()
      this.hide()
    }
  }

  take(option) {
    if (!option) return
    if (option.dataset.create !== undefined) {
      this.hide()
      const address = new URL(this.dataset.create, location.href)
      address.searchParams.set('text', option.dataset.create)
      this.field.focus()
      window.htmx.ajax('GET', address.pathname + address.search, { target: '#dialogs', swap: 'innerHTML' })
    } else {
      this.choose({ id: option.dataset.value, text: option.dataset.text })
    }
  }

  /** Holds a record now: {id, text}. Also called with one made in a dialog. */
  choose({ id, text }) {
    this.store.value = id
    this.field.value = this.said = text
    this.hide()
    this.told()
    if (!this.contains(document.activeElement)) this.field.focus()
  }

  told() {
    this.store.dispatchEvent(new Event('input', { bubbles: true }))
    this.store.dispatchEvent(new Event('change', { bubbles: true }))
  }

  /** Words without a record: the one exact match is taken, anything else is left for the server to refuse. */
  async leave() {
    if (document.activeElement === this.field) return
    this.hide()
    const text = this.field.value.trim()
    if (!text || this.store.value) return
    await this.resolve(text)
  }

  /** Finds the record a pasted code or name stands for; true when there is exactly one. */
  async resolve(text) {
    this.field.value = text
    const answer = await fetch(this.address(text), { headers: { 'HX-Request': 'true', 'HX-Request-Type': 'partial' } })
    if (!answer.ok) return false
    const found = [...new DOMParser().parseFromString(await answer.text(), 'text/html').querySelectorAll('[role=option][data-value]')]
    const same = value => (value ?? '').trim().toLowerCase() === text.toLowerCase()
    const exact = found.filter(option => same(option.dataset.code) || same(option.dataset.text))
    const one = exact.length === 1 ? exact[0] : found.length === 1 ? found[0] : null
    if (!one) return false
    this.store.value = one.dataset.value
    this.field.value = this.said = one.dataset.text
    this.told()
    return true
  }
}

customElements.define('hanse-ref', Picker)
