// Keeps "time left" true on an open page. Everything works without it: pages that hold no form then reload by themselves.
"use strict";
const minute = 60000;

function left(due) {
  const minutes = Math.ceil((due - Date.now()) / minute);
  if (minutes <= 0) return "no time left";
  const hours = Math.floor(minutes / 60), rest = minutes % 60;
  if (!hours) return minutes + " min left";
  return rest && hours < 10 ? hours + " h " + rest + " min left" : hours + " h left";
}

function tick() {
  for (const each of document.querySelectorAll("[data-due]")) {
    const text = left(Date.parse(each.dataset.due));
    if (each.textContent !== text) each.textContent = text;
  }
}

async function renew() {
  const live = document.getElementById("live");
  if (!live || document.hidden || live.contains(document.activeElement)) return;
  const answer = await fetch(location.href, {redirect: "manual"}).catch(() => null);
  if (!answer) return;
  if (!answer.ok) return location.reload();
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
  if (fresh && !live.contains(document.activeElement)) live.replaceWith(fresh);
}

setInterval(tick, 10000);
setInterval(renew, minute);
document.addEventListener("visibilitychange", () => { if (!document.hidden) { tick(); renew(); } });
