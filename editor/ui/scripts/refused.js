() => import(`${(window.gradio_config || {}).root || ''}/modules/page_state.js`).then(({ tell }) => tell('refused'))
