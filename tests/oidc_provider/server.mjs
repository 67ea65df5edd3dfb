// oidc-provider on loopback for the tests: one client, three people, its own development pages for login and consent.
// argv[2] is JSON: {client_id, client_secret, redirect_uri, post_logout_redirect_uri, backchannel_logout_uri, domain}.
// Prints {"issuer": …} once it listens.
import { createServer, request } from 'node:http'
import { Provider } from 'oidc-provider'

const asked = JSON.parse(process.argv[2])
const people = {
  mara: { name: 'Mara Holm', email: `mara@${asked.domain}`, email_verified: true, groups: ['finance-team'] },
  li: { name: '李梅', email: `li@${asked.domain}`, email_verified: true, groups: [] },
  eve: { name: 'Eve', email: `eve@${asked.domain}`, email_verified: false, groups: ['finance-team'] },
}

// Back-channel logout goes to SLUG.localhost, which not every resolver knows.
const post = (url, options) => new Promise((resolve, reject) => {
  const to = new URL(url)
  const headers = { ...Object.fromEntries(new Headers(options.headers)), host: to.host }
  const sent = request({ host: '127.0.0.1', port: to.port, path: to.pathname, method: options.method, headers }, (answer) => {
    answer.resume()
    answer.on('end', () => resolve(new Response(null, { status: answer.statusCode })))
  })
  sent.on('error', reject)
  sent.end(String(options.body ?? ''))
})

const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(issuer, {
    clients: [{
      client_id: asked.client_id,
      client_secret: asked.client_secret,
      redirect_uris: [asked.redirect_uri],
      post_logout_redirect_uris: [asked.post_logout_redirect_uri],
      backchannel_logout_uri: asked.backchannel_logout_uri,
      backchannel_logout_session_required: true,
    }],
    claims: { openid: ['sub', 'groups'], email: ['email', 'email_verified'], profile: ['name'] },
    cookies: { keys: ['test'] },
    features: { backchannelLogout: { enabled: true } },
    fetch: post,
    findAccount: (_ctx, sub) => people[sub] && { accountId: sub, claims: () => ({ sub, ...people[sub] }) },
    pkce: { required: () => true },
    ttl: { AuthorizationCode: 60, IdToken: 300 },
  })
  server.on('request', provider.callback())
  console.log(JSON.stringify({ issuer }))
})
