// The wall page's own script. The panels are htmx's business; this keeps the clocks, says
// when the daemon is out of reach, rings, filters the table and guards what people type.
"use strict";
(() => {
  const aliveMissed = 15000; // three `alive` events, see aliveEvery in limits.go
  const body = document.body;
  const words = body.dataset;
  const byId = (id) => document.getElementById(id);

  // Time. The daemon's clock and the site's zone count, not the screen's: `alive` brings
  // both every five seconds, as 2026-11-22T05:00:41+08:00.
  let ahead = 0;
  let offset = 0;
  const now = () => new Date(Date.now() + ahead);
  const local = (at) => new Date(at.getTime() + offset).toISOString();
  const clock = (at) => local(at).slice(11, 19);
  const weekday = new Intl.DateTimeFormat(document.documentElement.lang, { timeZone: "UTC", weekday: "short" });

  function setClock(stamp) {
    ahead = Date.parse(stamp) - Date.now();
    const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(stamp) || ["", "+", 0, 0];
    offset = Number(sign + "1") * (Number(hours) * 60 + Number(minutes)) * 60000;
  }
  setClock(words.now);

  function ago(since) {
    const seconds = Math.max(0, Math.floor((now() - since) / 1000));
    if (seconds < 60) return words.seconds.replace("%d", seconds);
    if (seconds < 3600) return words.minutes.replace("%d", Math.floor(seconds / 60));
    if (seconds < 172800) return words.hours.replace("%d", Math.floor(seconds / 3600));
    return words.days.replace("%d", Math.floor(seconds / 86400));
  }

  function tellTimes(root) {
    for (const t of root.querySelectorAll("time[data-since]")) {
      const text = ago(Date.parse(t.dataset.since));
      if (t.textContent !== text) t.textContent = text;
    }
  }

  // The connection. Silence is not calm: after aliveMissed the data is greyed out.
  let source = null;
  let lastAlive = Date.now();
  let lost = false;
  let lastUpdate = now();

  function setLost(isLost) {
    if (isLost === lost) return;
    lost = isLost;
    body.classList.toggle("is-lost", lost);
    byId("lost").hidden = !lost;
    if (lost) byId("lost-since").textContent = clock(lastUpdate);
  }

  function heardAlive(event) {
    const alive = JSON.parse(event.data);
    lastAlive = Date.now();
    setClock(alive.at);
    lastUpdate = now();
    setLost(false);
    body.classList.add("is-live"); // until the daemon has spoken, the page does not call itself live
    byId("undecided").hidden = alive.ready;
    byId("undecided-why").textContent = alive.why || "";
    body.classList.toggle("is-undecided", !alive.ready);
  }

  body.addEventListener("htmx:sseOpen", (event) => {
    if (source === event.detail.source) return; // the browser's own reconnection keeps its listeners
    source = event.detail.source;
    source.addEventListener("alive", heardAlive);
    source.addEventListener("notice", heardNotice);
  });
  body.addEventListener("htmx:sseError", () => setLost(true));

  // A stream that was closed for good (signed out, or the daemon is another one now) begins
  // again with the page, once there is a daemon to load it from.
  async function comeBack() {
    if (!lost || !source || source.readyState !== EventSource.CLOSED) return;
    try {
      const answer = await fetch("/healthz", { cache: "no-store" });
      if (answer.ok) location.reload();
    } catch { /* not there yet */ }
  }

  function showClock() {
    const at = now();
    byId("clock").textContent = clock(at);
    byId("date").textContent = local(at).slice(0, 10) + " " + weekday.format(new Date(at.getTime() + offset));
  }

  setInterval(() => {
    showClock();
    tellTimes(document);
    if (Date.now() - lastAlive > aliveMissed) setLost(true);
  }, 1000);
  setInterval(comeBack, 5000);

  // Sound. Browsers want a click before a page may ring.
  const soundButton = byId("sound");
  let audio = null;
  let sound = remembered("sound") === "on";

  function remembered(name) {
    try { return localStorage.getItem("trilock-" + name); } catch { return null; }
  }

  function remember(name, value) {
    try { localStorage.setItem("trilock-" + name, value); } catch { /* a kiosk without storage forgets */ }
  }

  function showSound() {
    soundButton.setAttribute("aria-pressed", String(sound));
    const blocked = sound && (!audio || audio.state !== "running");
    soundButton.textContent = !sound ? words.soundOff : blocked ? words.soundBlocked : words.soundOn;
    soundButton.classList.toggle("blocked", blocked);
  }

  function wakeAudio() {
    if (!sound) return;
    if (!audio) {
      audio = new AudioContext();
      audio.addEventListener("statechange", showSound);
    }
    if (audio.state === "suspended") audio.resume().then(showSound, showSound);
    showSound();
  }

  soundButton.addEventListener("click", () => {
    const blocked = sound && (!audio || audio.state !== "running");
    sound = blocked || !sound;
    remember("sound", sound ? "on" : "off");
    wakeAudio();
    showSound();
    if (sound) ring("info");
  });
  document.addEventListener("pointerdown", wakeAudio);
  document.addEventListener("keydown", wakeAudio);

  // A ring is tones of [hertz, seconds]; what is worse sounds longer and higher.
  const rings = {
    info: [[660, 0.12]],
    warning: [[740, 0.18], [590, 0.22]],
    critical: [[980, 0.16], [740, 0.16], [980, 0.16], [740, 0.16], [980, 0.3]],
  };

  function ring(severity) {
    if (!sound || !audio || audio.state !== "running") return;
    let at = audio.currentTime + 0.02;
    for (const [hertz, seconds] of rings[severity] || rings.info) {
      const tone = audio.createOscillator();
      const level = audio.createGain();
      tone.type = "triangle";
      tone.frequency.value = hertz;
      level.gain.setValueAtTime(0, at);
      level.gain.linearRampToValueAtTime(0.5, at + 0.02);
      level.gain.setTargetAtTime(0, at + seconds - 0.05, 0.02);
      tone.connect(level).connect(audio.destination);
      tone.start(at);
      tone.stop(at + seconds + 0.1);
      at += seconds + 0.06;
    }
  }

  // Notices that want a person ring and flash; the others are news for the panels alone.
  const wantsPerson = new Set(["raised", "repeated", "recurred"]);

  function heardNotice(event) {
    const notice = JSON.parse(event.data);
    if (!wantsPerson.has(notice.reason)) return;
    const lang = document.documentElement.lang;
    byId("spoken").textContent = notice.title[lang] + ": " + notice.text[lang];
    ring(notice.severity);
    body.classList.remove("flash", "flash-critical");
    void body.offsetWidth; // lets the animation begin anew
    body.classList.add(notice.severity === "critical" ? "flash-critical" : "flash");
  }

  // The table: search and filters live here, and are put on again after every refresh.
  const find = byId("find");
  let filter = "all";
  const filters = {
    all: () => true,
    attention: (row) => row.classList.contains("attention"),
    lent: (row) => row.classList.contains("lent"),
    unknown: (row) => row.classList.contains("unseen") || row.classList.contains("unreadable"),
  };

  function filterDocuments() {
    const wanted = find.value.trim().toLowerCase();
    let shown = 0;
    const rows = document.querySelectorAll("tr.document");
    for (const row of rows) {
      const fits = filters[filter](row) && row.dataset.find.includes(wanted);
      row.hidden = !fits;
      if (fits) shown++;
    }
    byId("no-match").hidden = rows.length === 0 || shown > 0;
  }

  find.addEventListener("input", filterDocuments);
  for (const button of document.querySelectorAll("[data-filter]")) {
    button.addEventListener("click", () => {
      filter = button.dataset.filter;
      for (const other of document.querySelectorAll("[data-filter]")) other.setAttribute("aria-pressed", String(other === button));
      filterDocuments();
    });
  }

  // A wall does not scroll by itself: it says how many cards are out of sight.
  const alertsBox = document.querySelector(".alerts .scroll");
  function tellBelow() {
    const edge = alertsBox.getBoundingClientRect().bottom;
    const below = [...alertsBox.querySelectorAll(".cards > .card")].filter((card) => card.checkVisibility() && card.getBoundingClientRect().top > edge - 30).length;
    byId("below").hidden = below === 0 || edge > innerHeight;
    byId("below").textContent = words.below.replace("%d", below);
  }
  alertsBox.addEventListener("scroll", tellBelow);
  addEventListener("resize", tellBelow);

  // Refreshes. htmx keeps forms with hx-preserve and the focus; what is left is put back here.
  const keptOpen = new Set();
  body.addEventListener("toggle", (event) => {
    if (!event.target.matches("details[data-keep-open]")) return;
    if (event.target.open) keptOpen.add(event.target.id); else keptOpen.delete(event.target.id);
  }, true);
  body.addEventListener("htmx:oobAfterSwap", (event) => {
    const panel = event.detail.target;
    tellTimes(document);
    if (panel.id === "documents") filterDocuments();
    for (const id of keptOpen) {
      const details = byId(id);
      if (details) details.open = true;
    }
    tellBelow();
  });

  // Acts. A key stays with a form until the daemon has answered: pressing again after a
  // broken connection repeats the act without doing it twice.
  const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  body.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "post") return;
    const form = event.detail.elt;
    form.dataset.key ||= newKey();
    event.detail.headers["Idempotency-Key"] = form.dataset.key;
  });
  body.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    const status = event.detail.xhr.status;
    if (status !== 0 && status !== 503) delete form.dataset.key;
  });
  for (const failure of ["htmx:sendError", "htmx:timeout"]) {
    body.addEventListener(failure, (event) => {
      const answer = event.detail.elt.querySelector("output");
      if (answer) answer.textContent = words.noAnswer;
    });
  }
  // A note that is edited after a failed attempt is another request: it gets another key.
  body.addEventListener("input", (event) => {
    const form = event.target.closest("form.act");
    if (form) delete form.dataset.key;
  });

  showClock();
  tellTimes(document);
  tellBelow();
  wakeAudio();
  showSound();
})();
