// @ts-check
// Players of sound files: see views.Player. One plays at a time. Its waveform is
// drawn, or fetched, as soon as it is seen; where there is none, a line takes its
// place.

import {closest, find, findAll, get, setText} from "./dom.js";
import {duration} from "./format.js";
import {request} from "./request.js";

const svg = "http://www.w3.org/2000/svg";
const barWidth = 4;
const rates = [1, 1.25, 1.5, 2];
const steps = {ArrowRight: 5, ArrowUp: 5, ArrowLeft: -5, ArrowDown: -5, PageUp: 15, PageDown: -15, Home: -Infinity, End: Infinity}; // s

/**
 * pauseOthers pauses all players but the target of an event.
 * @param {Event} e
 */
function pauseOthers(e) {
	for (const other of /** @type {HTMLAudioElement[]} */ (findAll("audio"))) if (other !== e.target) other.pause();
}

/**
 * playerOf returns the player with an element, or null.
 * @param {EventTarget | null} target
 */
const playerOf = target => /** @type {HTMLElement | null} */ (closest(target, ".player"));

/**
 * audioOf returns what a player plays.
 * @param {HTMLElement} player
 * @returns {HTMLAudioElement}
 */
const audioOf = player => get("audio", player);

/**
 * lengthOf returns the length of what a player plays in seconds, 0 if it is not known.
 * @param {HTMLElement} player
 */
function lengthOf(player) {
	const length = audioOf(player).duration;
	return Number.isFinite(length) ? length : Number(player.dataset.seconds) || 0;
}

/**
 * barsOf returns a picture of a waveform.
 * @param {number[]} bars percent of the loudest
 */
function barsOf(bars) {
	const picture = document.createElementNS(svg, "svg");
	picture.setAttribute("viewBox", `0 0 ${bars.length * barWidth} 100`);
	picture.setAttribute("preserveAspectRatio", "none");
	bars.forEach((loud, i) => {
		const bar = document.createElementNS(svg, "rect"), height = Math.max(3, loud);
		const attributes = {x: i * barWidth + .5, y: (100 - height) / 2, width: barWidth - 1, height, rx: 1};
		for (const [name, value] of Object.entries(attributes)) bar.setAttribute(name, String(value));
		picture.append(bar);
	});
	return picture;
}

/**
 * draw shows the waveform of a player, once.
 * @param {HTMLElement} player
 */
async function draw(player) {
	const {outline, waveform} = player.dataset;
	if (waveform) {
		delete player.dataset.waveform;
		get(".track", player).replaceChildren(barsOf([...waveform].map(digit => parseInt(digit, 32) / .31)));
		show(player);
	}
	if (!outline) return;
	delete player.dataset.outline;
	try {
		const answer = await request(outline, {headers: {Accept: "application/json"}});
		if (!answer.ok) return;
		const {bars, seconds} = await answer.json();
		player.dataset.seconds = seconds;
		get(".track", player).replaceChildren(barsOf(bars));
		show(player);
	} catch {
		// The line stays.
	}
}

/**
 * show brings all of a player up to date with what it plays.
 * @param {HTMLElement} player
 */
function show(player) {
	const audio = audioOf(player), length = lengthOf(player), at = Math.min(audio.currentTime, length || Infinity);
	const track = get(".track", player), bars = findAll("rect", track), toggle = get("[data-toggle]", player);
	const {play = "", pause = "", of = "", failed = ""} = player.dataset;
	const place = duration(1000 * at), whole = length ? duration(1000 * length) : "–:––";
	const label = audio.paused ? play : pause;
	player.toggleAttribute("data-playing", !audio.paused);
	setText(find(".vh", toggle), label);
	toggle.title = label;
	bars.forEach((bar, i) => bar.toggleAttribute("data-played", i < at / length * bars.length));
	track.style.setProperty("--played", length ? `${at / length * 100}%` : "0%");
	track.setAttribute("aria-valuemax", String(Math.round(length)));
	track.setAttribute("aria-valuenow", String(Math.round(at)));
	track.setAttribute("aria-valuetext", of.replace("{n}", place).replace("{m}", whole));
	setText(find(".place", player), audio.error ? failed : `${place} / ${whole}`);
}

/**
 * seek moves what a player plays to a place. What is not loaded yet is loaded first.
 * @param {HTMLElement} player
 * @param {(length: number) => number} place returns seconds
 */
function seek(player, place) {
	const audio = audioOf(player);
	const go = () => {
		const length = lengthOf(player);
		audio.currentTime = Math.max(0, Math.min(place(length), length || Infinity));
		show(player);
	};
	if (audio.readyState > 0) return go();
	audio.addEventListener("loadedmetadata", go, {once: true});
	if (audio.preload === "none") {
		audio.preload = "metadata";
		audio.load();
	}
}

/** @param {PointerEvent} e */
function drag(e) {
	const player = playerOf(e.target), track = /** @type {HTMLElement | null} */ (closest(e.target, ".track"));
	if (!player || !track || e.button > 0 || e.type === "pointermove" && !track.hasPointerCapture(e.pointerId)) return;
	if (e.type === "pointerdown") track.setPointerCapture(e.pointerId);
	const box = track.getBoundingClientRect(), share = (e.clientX - box.left) / box.width;
	seek(player, length => share * length);
}

/**
 * toggle plays or pauses.
 * @param {HTMLElement} player
 */
function toggle(player) {
	const audio = audioOf(player);
	if (audio.paused) audio.play().catch(() => show(player));
	else audio.pause();
}

/**
 * setRate sets the speed of all players of the page.
 * @param {number} rate
 */
function setRate(rate) {
	for (const player of findAll(".player")) {
		const audio = audioOf(player), button = get(".rate", player);
		audio.playbackRate = audio.defaultPlaybackRate = rate;
		setText(button, `${rate.toLocaleString(document.documentElement.lang)}×`);
		button.setAttribute("aria-label", `${player.dataset.speed} ${button.textContent}`);
	}
}

/** @param {MouseEvent} e */
function onClick(e) {
	const player = playerOf(e.target);
	if (player && closest(e.target, "[data-toggle]")) toggle(player);
	if (player && closest(e.target, ".rate")) setRate(rates.find(r => r > audioOf(player).defaultPlaybackRate) ?? 1);
	const folded = closest(e.target, ".sounds:not([open]) > summary"), first = folded && find(".player", folded.parentElement ?? document);
	if (first) toggle(first);
}

/** @param {KeyboardEvent} e */
function onKey(e) {
	const player = playerOf(e.target), step = steps[/** @type {keyof typeof steps} */ (e.key)];
	if (!player || !closest(e.target, ".track") || e.ctrlKey || e.altKey || e.metaKey) return;
	if (e.key === " " || e.key === "Enter") toggle(player);
	else if (step) seek(player, length => Math.max(0, Math.min(length, audioOf(player).currentTime + step)));
	else return;
	e.preventDefault();
}

const seen = new IntersectionObserver(entries => {
	for (const {target, isIntersecting} of entries) {
		if (!isIntersecting) continue;
		seen.unobserve(target);
		draw(/** @type {HTMLElement} */ (target));
	}
});

/** watchPlayers draws the waveforms of new players when they are seen. */
export function watchPlayers() {
	for (const player of findAll(".player")) {
		if (player.dataset.outline || player.dataset.waveform) seen.observe(player);
		show(player);
	}
}

/** startPlayers makes all players of the page work, those that come later, too. */
export function startPlayers() {
	if ("players" in document.documentElement.dataset) return watchPlayers();
	document.documentElement.dataset.players = "";
	document.addEventListener("play", pauseOthers, true);
	for (const kind of ["play", "pause", "timeupdate", "seeked", "ended", "loadedmetadata", "error"]) {
		document.addEventListener(kind, e => {
			const player = playerOf(e.target);
			if (!player) return;
			if (kind === "play") draw(player);
			show(player);
		}, true);
	}
	document.addEventListener("click", onClick);
	document.addEventListener("pointerdown", drag);
	document.addEventListener("pointermove", drag);
	document.addEventListener("keydown", onKey);
	// What is folded or closed is not heard any more.
	for (const kind of ["toggle", "close"]) {
		document.addEventListener(kind, e => {
			const box = /** @type {HTMLElement} */ (e.target);
			if (box instanceof HTMLDetailsElement ? !box.open : kind === "close") for (const a of findAll("audio", box)) /** @type {HTMLAudioElement} */ (a).pause();
		}, true);
	}
	for (const kind of ["htmx:after:swap", "dialog:shown"]) document.addEventListener(kind, watchPlayers);
	watchPlayers();
}
