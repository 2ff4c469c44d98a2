// Makes the page smooth: sends its forms without leaving it, and swaps the parts that changed. Without it everything works too.
(() => {
  "use strict";

  // Their ends are at 0, see the style sheet.
  const scrollLogs = () => document.querySelectorAll(".scroll").forEach((it) => { it.scrollTop = 0; });

  // A log that only grew gets its new lines, so that screen readers read those and no others.
  const swap = (old, fresh) => {
    const sent = old.querySelectorAll(".pending");
    sent.forEach((it) => it.remove());
    const grew = old.getAttribute("role") === "log" && old.dataset.key === fresh.dataset.key
      && !old.querySelector(".empty") && fresh.children.length > old.children.length;
    if (grew) {
      const lines = [...fresh.children].slice(old.children.length);
      lines.slice(sent.length ? 1 : 0).forEach((it) => it.classList.add("new"));
      old.append(...lines);
    } else if (old.innerHTML !== fresh.innerHTML) {
      if (old.dataset.key !== fresh.dataset.key) fresh.querySelectorAll(".bubble").forEach((it) => it.classList.add("new"));
      old.replaceChildren(...fresh.childNodes);
    }
    for (const name of ["data-key", "aria-label"]) {
      if (fresh.hasAttribute(name)) old.setAttribute(name, fresh.getAttribute(name));
    }
  };

  const show = (page) => {
    const before = document.querySelector(".card").dataset.verdict;
    const focused = document.activeElement.id;
    const open = [...document.querySelectorAll("details[open]")].map((it) => it.id);
    document.querySelectorAll("[data-swap]").forEach((old) => swap(old, page.getElementById(old.id)));
    document.documentElement.lang = page.documentElement.lang;
    document.title = page.title;
    open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
    const turned = document.querySelector(".card").dataset.verdict !== before;
    document.getElementById("verdict").classList.toggle("turned", turned);
    scrollLogs();
    focusAgain(focused);
  };

  // What had the focus keeps it; where it is gone (the call began, or is over), what follows it gets it.
  const focusAgain = (id) => {
    const target = document.getElementById(id) || (id && document.querySelector("#said, #key-1, #call"));
    if (target && target !== document.activeElement) target.focus({ preventScroll: true });
  };

  const showSent = (log, words) => {
    log.querySelector(".empty")?.remove();
    for (const [look, text] of [["me", words], ["them dots", "···"]]) {
      log.append(Object.assign(document.createElement("li"), { className: `bubble new pending ${look}`, textContent: text }));
    }
    scrollLogs();
  };

  const fail = () => {
    document.querySelectorAll(".pending.dots").forEach((it) => it.remove());
    const text = Object.assign(document.createElement("p"), { className: "notice", textContent: document.body.dataset.failed });
    document.getElementById("notice").replaceChildren(text);
  };

  // One thing after the other: the forms are read when their turn comes, for each answer brings new ones.
  const send = async (id, words) => {
    const button = document.getElementById(id);
    if (!button || button.disabled) return;
    const fields = new URLSearchParams(new FormData(button.form, button));
    if (words !== null) fields.set("words", words);
    const verdict = document.getElementById("verdict");
    verdict.setAttribute("aria-busy", "true");  // what it says may be true no longer; if the answer fails, it stays so
    try {
      const answer = await fetch(button.form.action, { method: "POST", body: fields });
      if (!answer.headers.get("Content-Type")?.startsWith("text/html")) throw new TypeError("no page");
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
      verdict.removeAttribute("aria-busy");
    } catch {
      fail();
    }
  };

  let turn = Promise.resolve();
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (form.method !== "post" || !submitter) return;
    event.preventDefault();
    const words = new FormData(form).get("words");
    const sms = submitter.value.match(/^sms ?(.*)/s);
    if (sms) showSent(document.getElementById("sms-log"), sms[1] || words);
    if (words !== null && form.matches(".write")) form.reset();
    turn = turn.then(() => send(submitter.id, words));
  });

  // During a call the keys of the keyboard are the keys of the phone, unless one is writing.
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input") || event.ctrlKey || event.metaKey || event.altKey || event.key.length > 1) return;
    document.querySelector(`.keypad [data-key="${CSS.escape(event.key)}"]`)?.click();
  });

  scrollLogs();
  if (matchMedia("(min-width: 961px)").matches) document.getElementById("words").focus({ preventScroll: true });
})();
