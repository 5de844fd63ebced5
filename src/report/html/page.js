"use strict";
// Marks are reached by Tab once a picture, and by arrow keys within it; what a mark says stands below the picture.
for (const figure of document.querySelectorAll(".timeline")) {
  const readout = figure.querySelector(".readout");
  const said = readout.textContent;
  const marks = [...figure.querySelectorAll("g g")];
  const tell = (mark) => { readout.textContent = mark.querySelector("title").textContent; };
  marks.forEach((mark, at) => {
    mark.setAttribute("role", "img");
    mark.setAttribute("tabindex", at === 0 ? "0" : "-1");
    mark.addEventListener("mouseenter", () => tell(mark));
    mark.addEventListener("mouseleave", () => { readout.textContent = said; });
    mark.addEventListener("focus", () => tell(mark));
    mark.addEventListener("keydown", (event) => {
      const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: marks.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const next = marks[Math.min(Math.max(to, 0), marks.length - 1)];
      marks.forEach((other) => other.setAttribute("tabindex", other === next ? "0" : "-1"));
      next.focus();
    });
  });
}
// A link into a folded part unfolds it, and paper folds nothing.
const unfold = () => {
  const part = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (part && part.tagName === "DETAILS") part.open = true;
};
addEventListener("hashchange", unfold);
unfold();
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
