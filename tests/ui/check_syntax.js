// Parses every script of the page: as a file, and in the form in which Gradio runs it.
const { spawnSync } = require('node:child_process');
const { readdirSync, readFileSync } = require('node:fs');
const { join, resolve } = require('node:path');

const UI = resolve(__dirname, '../../editor/ui');
const HANDED = ['element', 'trigger', 'props', 'server', 'upload', 'watch'];
const FORMS = {
  components: (text) => new Function(...HANDED, text), // the body of a function
  scripts: (text) => new Function(`return (${text})`), // a function
};

let failed = 0;
let count = 0;
for (const [folder, parse] of Object.entries(FORMS)) {
  for (const name of readdirSync(join(UI, folder)).filter((one) => one.endsWith('.js'))) {
    const path = join(UI, folder, name);
    const file = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8' });
    let said = file.status === 0 ? '' : file.stderr;
    try {
      parse(readFileSync(path, 'utf8'));
    } catch (error) {
      said = said || `as Gradio runs it: ${error}`;
    }
    if (said) console.error(`${path}: ${said}`);
    failed += said ? 1 : 0;
    count += 1;
  }
}
console.log(failed ? `${failed} of ${count} scripts cannot be parsed` : `${count} scripts parse`);
process.exitCode = failed || !count ? 1 : 0;
