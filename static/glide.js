// Nothing on the board jumps: what a change moves glides from where it was seen
// to where it belongs, whoever made the change: a frame of the feed, the clock
// that hides a note, a row that is let go. Comes after pin.js, which may scroll
// in the same moment.
"use strict";
(() => {
	const main = document.getElementById("main");
	if (!document.getElementById("live")) return;
	const still = matchMedia("(prefers-reduced-motion: reduce)");
	const time = 180; // ms

	// Sections move as a whole; a row moves with its section, and within it.
	const movable = () => [...main.querySelectorAll("#board > *, #board .row")].filter(e => e.offsetParent);
	const top = e => e.getBoundingClientRect().top;

	let homes = new Map(), scrolled = scrollY; // where everything belongs, and how far the page was scrolled then
	let away = new Map(); // how far from there it is shown, sections and rows each by itself
	let from = new Map(), begun = 0, frame = 0; // the same when the glide began

	const shownAt = e => homes.get(e) + (away.get(e) ?? 0) + (e.matches(".row") && away.get(e.closest(".sec")) || 0);

	function measure() {
		for (const e of away.keys()) e.style.transform = "";
		homes = new Map(movable().map(e => [e, top(e)]));
		scrolled = scrollY;
		away = new Map();
	}

	// A row that changes its section may be another element to the browser; it is
	// the same one to people.
	function glide() {
		const seen = new Map([...homes.keys()].flatMap(e => e.id ? [[e, shownAt(e)], [e.id, shownAt(e)]] : [[e, shownAt(e)]]));
		measure();
		if (still.matches || document.hidden) return;
		for (const [e, home] of homes) {
			const by = (seen.get(e) ?? seen.get(e.id) ?? home) - home - (e.matches(".row") && away.get(e.closest(".sec")) || 0);
			if (Math.abs(by) >= .5) away.set(e, by);
		}
		from = new Map(away);
		begun = 0; // with the first frame, which shows everything where it was
		paint();
		if (!frame) frame = requestAnimationFrame(step);
	}

	const paint = () => { for (const [e, by] of away) e.style.transform = by ? `translateY(${by}px)` : ""; };

	function step(now) {
		begun ||= now;
		const left = Math.max(0, 1 - (now - begun) / time) ** 2;
		for (const [e, by] of from) away.set(e, by * left);
		paint();
		if (!left) away = new Map();
		frame = left ? requestAnimationFrame(step) : 0;
	}

	const quiet = ({target}) => target.nodeName === "TIME" || target.parentElement?.nodeName === "TIME";
	new MutationObserver(records => { if (!records.every(quiet)) glide(); })
		.observe(main, {subtree: true, childList: true, characterData: true, attributeFilter: ["hidden", "class", "data-state"]});
	addEventListener("scroll", () => {
		for (const [e, y] of homes) homes.set(e, y + scrolled - scrollY);
		scrolled = scrollY;
	}, {passive: true});
	addEventListener("resize", measure);
	addEventListener("load", measure);
	measure();
})();
