// The keyboard: what works everywhere. Lists and the line grid add their own.
import { all, find, isTyping, on, visit } from './dom.js'
import { palette } from './frame.js'

const SEQUENCE_MS = 1_000
let first = ''
let timer

const lettersOn = () => document.body.dataset.letters !== 'off'

function press(selector) {
  const scope = find('dialog[open]') ?? document
  const button = find(selector, scope)
  if (button) { button.focus(); button.click() }
  return Boolean(button)
}

on('keydown', event => {
  const key = event.key.toLowerCase()
  const command = event.ctrlKey || event.metaKey
  if (command && key === 'k') { event.preventDefault(); palette(); return }
  if (command && key === 's' && press('[data-save]')) { event.preventDefault(); return }
  if (command && key === 'enter' && (press('[data-primary]') || press('[data-save]'))) { event.preventDefault(); return }
  if (event.key === 'Escape') { escape(event); return }
  if (command || event.altKey || isTyping(event.target) || !lettersOn() || find('dialog[open]')) return
  if (event.key === '/') {
    const search = find('.filters input[type=search], [data-find]')
    event.preventDefault()
    search ? search.focus() : palette()
    return
  }
  if (event.key === '?') { event.preventDefault(); find('#keys')?.showModal(); return }
  sequence(event)
})

function escape(event) {
  if (event.target.matches?.('input[type=search]') && event.target.value) return
  if (isTyping(event.target) && !event.target.closest('dialog')) event.target.blur()
}

function sequence(event) {
  if (event.key.length !== 1) return
  clearTimeout(timer)
  timer = setTimeout(() => { first = '' }, SEQUENCE_MS)
  const pressed = `${first} ${event.key.toLowerCase()}`.trim()
  const target = first && all('[data-keys]').find(item => item.dataset.keys === pressed)
  if (target) {
    event.preventDefault()
    first = ''
    visit(target.dataset.href)
  } else {
    first = event.key.toLowerCase()
  }
}

// Whether a letter is the second of a sequence, so that `g j` does not also move the row.
export const inSequence = () => Boolean(first) && 'gn'.includes(first)
