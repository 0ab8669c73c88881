() => {
  const help = document.querySelector('#help');
  const open = help.classList.toggle('open');
  document.querySelector('#help-button').setAttribute('aria-expanded', String(open));
}
