// A link such as /signin#token=... signs in by itself: the part after # never travels to
// the server, and is taken out of the address before the form is sent.
"use strict";
(() => {
  const prefix = "#token=";
  function signInByLink() {
    if (!location.hash.startsWith(prefix)) return;
    let token = location.hash.slice(prefix.length);
    try { token = decodeURIComponent(token); } catch { /* a token with a bare % stands as it is */ }
    history.replaceState(null, "", location.pathname + location.search);
    document.getElementById("token").value = token;
    document.getElementById("signing-in").hidden = false;
    document.getElementById("signin").submit();
  }
  addEventListener("hashchange", signInByLink); // a link opened while this page is
  signInByLink();
})();
