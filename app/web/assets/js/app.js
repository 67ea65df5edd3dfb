// The shell of every page: htmx, the mendings it needs, and what the keyboard and the frame do.
// Islands are loaded only where their element stands on the page.
import 'htmx.org/dist/htmx.esm.js'
import 'htmx.org/dist/ext/hx-sse.js'
import './mend.js'
import './requests.js'
import './problems.js'
import './scroll.js'
import './frame.js'
import './keys.js'
import './lists.js'
import './drafts.js'
import * as dom from './dom.js'
import { isNewer } from './mend.js'
import { toast } from './toast.js'

// For islands, see shared.js.
globalThis.hanse = { ...dom, isNewer, toast }

const ISLANDS = {
  'hanse-lines': () => import('./lines.js'),
  'hanse-ref': () => import('./ref.js'),
  '[data-matrix]': () => import('./matrix.js'),
  '[data-slug]': () => import('./slug.js'),
  '[data-upload]': () => import('./upload.js'),
  '[data-passkey]': () => import('./passkey.js'),
}
const loaded = new Set()

function load(root) {
  for (const [selector, start] of Object.entries(ISLANDS)) {
    if (!loaded.has(selector) && (root.matches?.(selector) || root.querySelector?.(selector))) {
      loaded.add(selector)
      start()
    }
  }
}

load(document)
window.htmx.onLoad(load)
