// Passkeys: a form marked data-passkey asks the server for options, the browser for a passkey, and is then sent with it.
import { all, csrf, find } from './shared.js'

const toBytes = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), sign => sign.charCodeAt(0))
const toText = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')

const credentials = list => list?.map(one => ({ ...one, id: toBytes(one.id) }))

async function options(form) {
  const body = new URLSearchParams({ purpose: form.dataset.passkey })
  const answer = await fetch('/passkey/options', { method: 'POST', body, headers: { 'X-CSRF-Token': csrf() } })
  if (!answer.ok) throw new Error(`options: ${answer.status}`)
  return answer.json()
}

async function made(form) {
  const given = await options(form)
  const credential = await navigator.credentials.create({
    publicKey: {
      ...given,
      challenge: toBytes(given.challenge),
      user: { ...given.user, id: toBytes(given.user.id) },
      excludeCredentials: credentials(given.excludeCredentials),
    },
  })
  const { response } = credential
  return answer(credential, {
    attestationObject: toText(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  })
}

async function used(form) {
  const given = await options(form)
  const credential = await navigator.credentials.get({
    publicKey: { ...given, challenge: toBytes(given.challenge), allowCredentials: credentials(given.allowCredentials) },
  })
  const { response } = credential
  return answer(credential, {
    authenticatorData: toText(response.authenticatorData),
    signature: toText(response.signature),
    userHandle: response.userHandle ? toText(response.userHandle) : null,
  })
}

const answer = (credential, response) => ({
  id: credential.id,
  rawId: toText(credential.rawId),
  type: credential.type,
  clientExtensionResults: credential.getClientExtensionResults(),
  response: { clientDataJSON: toText(credential.response.clientDataJSON), ...response },
})

function tell(form, name) {
  const line = find('.err', form)
  find('span', line).textContent = form.dataset[name]
  line.hidden = false
}

async function submit(event) {
  const form = event.target
  event.preventDefault()
  find('.err', form).hidden = true
  const button = find('button', form)
  button.setAttribute('aria-busy', 'true')
  try {
    const found = await (form.dataset.passkey === 'make' ? made(form) : used(form))
    find('[name=credential]', form).value = JSON.stringify(found)
    form.submit()
  } catch (error) {
    tell(form, error.name === 'InvalidStateError' ? 'known' : error.name === 'NotAllowedError' ? 'cancelled' : 'failed')
  } finally {
    button.removeAttribute('aria-busy')
  }
}

for (const form of all('form[data-passkey]')) {
  if (!window.PublicKeyCredential) {
    const words = find(`[data-no-passkey=${form.dataset.passkey}]`)
    if (words) words.hidden = false
    continue
  }
  form.hidden = false
  form.addEventListener('submit', submit)
}
