/* Saves while somebody types, and counts the lines that are filled. The page works without it. */
"use strict";
(function () {
  const form = document.querySelector("form.report[data-autosave]");
  if (!form) return;
  const state = form.querySelector(".state");
  const version = form.elements.namedItem("version");
  const WAIT = 5000;
  let timer = null, busy = false, again = false, stopped = false;

  function count() {
    const filled = new Set();
    form.querySelectorAll(".line input[type=radio]:checked").forEach(function (one) { filled.add(one.name); });
    form.querySelectorAll("[data-filled]").forEach(function (one) {
      one.textContent = filled.size + "/" + form.dataset.total;
    });
    form.querySelectorAll(".line").forEach(function (line) {
      line.classList.toggle("done", line.querySelector("input[type=radio]:checked") !== null);
    });
  }

  function typed() {
    const all = new FormData(form), words = new FormData();
    all.forEach(function (value, name) {
      if (typeof value === "string" && name !== "act" && name !== "pick" && !name.endsWith("drop")) words.append(name, value);
    });
    return words;
  }

  async function save() {
    timer = null;
    if (stopped) return;
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body: typed(), credentials: "same-origin" });
      const said = await answer.json();
      if (answer.ok) {
        version.value = said.version;
        state.textContent = state.dataset.saved + " " + said.at;
      } else {
        stopped = answer.status === 409;
        state.textContent = said.said || state.dataset.failed;
        state.classList.add("late");
      }
    } catch (error) {
      state.textContent = state.dataset.failed;
    }
    busy = false;
    if (again) { again = false; later(); }
  }

  function later() {
    if (timer) clearTimeout(timer);
    timer = setTimeout(save, WAIT);
  }

  form.addEventListener("input", function (event) {
    if (event.target.type === "file" || event.target.name === "pick") return;
    count();
    later();
  });
  /* What is being saved must have its answer first: the form is sent with the version it brings. */
  form.addEventListener("submit", function (event) {
    stopped = true;
    if (timer) clearTimeout(timer);
    if (!busy) return;
    event.preventDefault();
    const button = event.submitter;
    const wait = setInterval(function () {
      if (busy) return;
      clearInterval(wait);
      form.requestSubmit(button);
    }, 50);
  });
})();
