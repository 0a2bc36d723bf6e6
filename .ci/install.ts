// Fills the tool cache: node .ci/install.ts toxiproxy k6 ollama
import { installComponent } from '../harness/components/install.ts'
import type { ComponentName } from '../harness/components/types.ts'

for (const name of process.argv.slice(2)) await installComponent(name as ComponentName, { onProgress: (line) => console.log(`  ${line}`) })
