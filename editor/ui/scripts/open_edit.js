() => { document.querySelector('#tabs button[role=tab]').click(); }
