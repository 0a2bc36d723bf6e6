// Prints a package.json with the dependencies that the compiled gateway imports, at the versions the project pins.
// usage: dependencies.mjs PACKAGE_JSON COMPILED_FOLDER
import { globSync, readFileSync } from 'node:fs'

const [manifest, folder] = process.argv.slice(2)
const { name, version, license, dependencies } = JSON.parse(readFileSync(manifest, 'utf8'))
const imported = new Set()
for (const file of globSync(`${folder}/**/*.js`)) {
  const text = readFileSync(file, 'utf8')
  // The compiler writes each import on a line of its own; a dynamic one is an expression.
  const found = [/^(?:import|export|\})[^'"\n]*\bfrom ['"]([^'"\n]+)['"];$/gm, /^import ['"]([^'"\n]+)['"];$/gm, /\bawait import\(['"]([^'"\n]+)['"]\)/g]
  for (const [, from] of found.flatMap((pattern) => [...text.matchAll(pattern)])) {
    if (!/^(?:\.|node:)/.test(from)) imported.add(from.split('/').slice(0, from.startsWith('@') ? 2 : 1).join('/'))
  }
}
const missing = [...imported].filter((one) => dependencies[one] === undefined)
if (missing.length > 0) throw new Error(`Imported by the gateway and no dependency of the project: ${missing.join(', ')}`)
const kept = Object.fromEntries(Object.entries(dependencies).filter(([one]) => imported.has(one)))
console.log(JSON.stringify({ name: `${name}-gateway`, version, license, private: true, type: 'module', dependencies: kept }, null, 2))
