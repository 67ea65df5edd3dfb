// Files: chosen, dropped anywhere on the document, or pasted; straight to the object store where the server signs it.
import { csrf, find, newKey, on, toast, words } from './shared.js'

const form = () => find('form[data-upload]')

on('change', event => { if (event.target.matches?.('form[data-upload] input[type=file]')) send([...event.target.files]) })
const carriesFiles = event => [...(event.dataTransfer?.types ?? [])].includes('Files')
let depth = 0
on('dragenter', event => {
  if (!carriesFiles(event) || !form()) return
  depth += 1
  document.body.classList.add('dragging')
})
on('dragleave', event => {
  if (!carriesFiles(event)) return
  depth = Math.max(0, depth - 1)
  if (!depth) document.body.classList.remove('dragging')
})
on('dragover', event => { if (carriesFiles(event) && form()) event.preventDefault() })
on('drop', event => {
  depth = 0
  document.body.classList.remove('dragging')
  if (!carriesFiles(event) || !form()) return
  event.preventDefault()
  send([...event.dataTransfer.files])
})
on('paste', event => {
  const files = [...(event.clipboardData?.files ?? [])]
  if (files.length && form() && !event.target.closest?.('hanse-lines')) { event.preventDefault(); send(files) }
})

async function send(files) {
  const place = form()
  const limit = Number(place.dataset.limit) || Infinity
  for (const file of files) {
    if (file.size > limit) {
      toast({ text: `${file.name}: ${words().too_large}`, tone: 'bad' })
      continue
    }
    const bar = show(place, file)
    try {
      await one(place, file, share => { bar.value = share })
    } catch {
      toast({ text: `${file.name}: ${words().failed}`, tone: 'bad' })
    } finally {
      bar.closest('li').remove()
    }
  }
  place.reset()
  const address = new URL(place.dataset.refresh || location.href, location.href)
  window.htmx.ajax('GET', address.pathname + address.search, { target: '#side-panel', select: '#side-panel', swap: 'outerMorph', push: 'false' })
}

function show(place, file) {
  const item = document.createElement('li')
  item.className = 'file'
  const name = document.createElement('span')
  name.className = 'name'
  name.textContent = file.name
  const bar = document.createElement('progress')
  bar.className = 'meter'
  bar.max = 1
  bar.value = 0
  bar.setAttribute('aria-label', file.name)
  item.append(name, bar)
  find('[data-sending]', place).append(item)
  return bar
}

async function one(place, file, progress) {
  const signed = place.dataset.sign && (await sign(place.dataset.sign, file))
  if (!signed) {
    const body = new FormData()
    body.append('csrf', csrf())
    body.append('file', file, file.name)
    return transfer(place.action, 'POST', body, { 'X-CSRF-Token': csrf(), 'Idempotency-Key': newKey() }, progress)
  }
  let body = file
  if (signed.fields) {
    body = new FormData()
    for (const [name, value] of Object.entries(signed.fields)) body.append(name, value)
    body.append('file', file, file.name)
  }
  await transfer(signed.url, signed.method || 'PUT', body, signed.headers ?? {}, progress)
  if (signed.done_url) await transfer(signed.done_url, 'POST', null, { 'X-CSRF-Token': csrf(), 'Idempotency-Key': newKey() }, () => {})
}

async function sign(address, file) {
  const answer = await fetch(address, {
    method: 'POST',
    body: new URLSearchParams({ name: file.name, size: file.size, type: file.type || 'application/octet-stream' }),
    headers: { 'X-CSRF-Token': csrf(), 'Idempotency-Key': newKey(), Accept: 'application/json' },
  })
  if (answer.status === 404 || answer.status === 405 || answer.status === 501) return null
  if (!answer.ok) throw new Error(`sign ${answer.status}`)
  return answer.json()
}

/** XMLHttpRequest, because fetch tells nothing of the progress of an upload. */
function transfer(url, method, body, headers, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(method, url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.onprogress = event => { if (event.lengthComputable) progress(event.loaded / event.total) }
    request.onload = () => (request.status < 400 ? resolve(request) : reject(new Error(`upload ${request.status}`)))
    request.onerror = () => reject(new Error('network'))
    request.send(body)
  })
}

// The paperclip of the comment box opens the same chooser.
on('click', event => {
  if (event.target.closest?.('[data-attach]')) find('input[type=file]', form())?.click()
})
