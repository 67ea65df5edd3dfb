// Sign-up: an address is proposed from the company's name until somebody types one.
import { find } from './shared.js'

const slug = find('#f-slug')
const company = find('[name=company_name]')
let own = Boolean(slug?.value)

const from = name => name.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+|-+$/g, '').slice(0, 40)

slug?.addEventListener('input', event => { if (event.isTrusted) own = Boolean(slug.value) })
company?.addEventListener('input', () => {
  if (own || !slug) return
  slug.value = from(company.value)
  if (slug.value.length > 2) slug.dispatchEvent(new Event('input', { bubbles: true }))
})
