// Builds what the browser loads into ../static/dist: one stylesheet, the shell, the islands, the icon sprite, the font.
// File names carry a hash of their content, so they are cached for ever; manifest.json maps plain names to them.
// `node build.mjs` builds; `--watch` keeps building.
import esbuild from 'esbuild'
import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import zlib from 'node:zlib'

const here = path.dirname(fileURLToPath(import.meta.url))
const dist = path.join(here, '../static/dist')
const CRITICAL = ['app.js', 'app.css', 'icons.svg']
const BUDGET_KB = 45

/** The sprite: one <symbol> for each name in icons.txt, from Tabler's outline set. */
function sprite() {
  const names = fs.readFileSync(path.join(here, 'icons.txt'), 'utf8').split(/\s+/).filter(Boolean)
  const symbols = names.map(name => {
    const source = fs.readFileSync(path.join(here, `node_modules/@tabler/icons/icons/outline/${name}.svg`), 'utf8')
    const body = source.replace(/^[\s\S]*?<svg[^>]*>/, '').replace(/<\/svg>\s*$/, '').replace(/\s+/g, ' ').trim()
    return `<symbol id="${name}" viewBox="0 0 24 24">${body}</symbol>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>`
}

function hashed(name, content) {
  const hash = crypto.createHash('sha256').update(content).digest('base64url').replace(/[-_]/g, '').slice(0, 8).toUpperCase()
  const file = name.replace(/(\.\w+)$/, `-${hash}$1`)
  fs.writeFileSync(path.join(dist, file), content)
  return file
}

const options = {
  absWorkingDir: here,
  entryPoints: ['js/app.js', 'css/app.css'],
  outdir: dist,
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: ['chrome125', 'firefox128', 'safari17.5'],
  loader: { '.woff2': 'file' },
  metafile: true,
  legalComments: 'eof',
  logLevel: 'warning',
}

async function build() {
  fs.rmSync(dist, { recursive: true, force: true })
  fs.mkdirSync(dist, { recursive: true })
  const result = await esbuild.build(options)
  const manifest = {}
  for (const [file, output] of Object.entries(result.metafile.outputs)) {
    const name = path.basename(file)
    if (output.entryPoint) manifest[path.basename(output.entryPoint)] = name
    else if (name.endsWith('.woff2')) manifest['inter.woff2'] = name
  }
  manifest['icons.svg'] = hashed('icons.svg', sprite())
  manifest['mark.svg'] = hashed('mark.svg', fs.readFileSync(path.join(here, 'mark.svg')))
  fs.writeFileSync(path.join(dist, 'manifest.json'), JSON.stringify(manifest, null, 1) + '\n')
  report(manifest, result.metafile.outputs)
}

/** Sizes; the critical ones are what every page loads, with whatever app.js imports at once. */
function report(manifest, outputs) {
  let critical = 0
  const app = Object.entries(outputs).find(([, output]) => output.entryPoint === 'js/app.js')[1]
  const first = new Set(app.imports.filter(item => item.kind === 'import-statement').map(item => path.basename(item.path)))
  for (const file of fs.readdirSync(dist).sort()) {
    const content = fs.readFileSync(path.join(dist, file))
    const kb = zlib.gzipSync(content, { level: 9 }).length / 1000
    if (first.has(file) || CRITICAL.some(name => manifest[name] === file)) critical += kb
    console.log(file.padEnd(40), (content.length / 1000).toFixed(1).padStart(7), 'kB', kb.toFixed(1).padStart(6), 'kB gz')
  }
  console.log(`critical (${CRITICAL.join(' + ')}): ${critical.toFixed(1)} kB gz of ${BUDGET_KB}`)
}

await build()
if (process.argv.includes('--watch')) {
  let timer
  for (const folder of ['js', 'css']) {
    fs.watch(path.join(here, folder), () => {
      clearTimeout(timer)
      timer = setTimeout(() => build().catch(error => console.error(error.message)), 80)
    })
  }
}
