// What `make check` asks of the page's JavaScript.
const js = require('@eslint/js');
const globals = require('globals');

const rules = {
  ...js.configs.recommended.rules,
  'no-unused-vars': 'error',
  eqeqeq: 'error',
};
// what Gradio hands to the script of a component, which is the body of a function
const handed = ['element', 'trigger', 'props', 'server', 'upload', 'watch'];

module.exports = [
  { ignores: ['.*/**', 'runs/**', 'private/**', 'out/**'] },
  {
    files: ['editor/ui/{components,scripts}/*.js'],
    rules,
    languageOptions: {
      sourceType: 'script',
      globals: globals.browser,
      parserOptions: { ecmaFeatures: { globalReturn: true } },
    },
  },
  {
    files: ['editor/ui/components/*.js'],
    languageOptions: {
      globals: Object.fromEntries(handed.map((name) => [name, 'readonly'])),
    },
  },
  {
    files: ['editor/ui/modules/*.js'],
    rules,
    languageOptions: { sourceType: 'module', globals: globals.browser },
  },
  {
    files: ['*.js', 'tests/**/*.js'],
    rules,
    languageOptions: { sourceType: 'commonjs', globals: globals.node },
  },
  { files: ['tests/ui/modules/*.js'], languageOptions: { sourceType: 'module', globals: globals.node } },
  { files: ['tests/ui/calls.js', 'tests/ui/job_audit.js'], languageOptions: { sourceType: 'script', globals: globals.browser } },
];
