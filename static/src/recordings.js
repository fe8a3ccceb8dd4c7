// @ts-check
// Recordings of the history. One plays at a time; its waveform is fetched when it
// does, on the page of one call at once, and leads to a place in it.

import {closest, find, findAll, get} from "./dom.js";
import {pauseOthers} from "./players.js";
import {request} from "./request.js";

const svg = "http://www.w3.org/2000/svg";
const barWidth = 4;

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
 * audioOf returns the player of a waveform.
 * @param {Element} wave
 * @returns {HTMLAudioElement}
 */
const audioOf = wave => get("audio", wave.parentElement ?? document);

/**
 * waveOf returns the waveform of a player.
 * @param {EventTarget | null} audio
 */
function waveOf(audio) {
	const recording = closest(audio, ".recording");
	return recording && find(".wave", recording);
}

/**
 * draw fetches and shows a waveform, once.
 * @param {HTMLElement} wave
 */
async function draw(wave) {
	if (wave.dataset.drawn) return;
	wave.dataset.drawn = "1";
	let outline;
	try {
		const answer = await request(wave.dataset.outline ?? "", {headers: {Accept: "application/json"}});
		if (!answer.ok) return;
		outline = await answer.json();
	} catch {
		return; // the player works all the same
	}
	wave.replaceChildren(barsOf(outline.bars));
	wave.dataset.seconds = outline.seconds;
	wave.hidden = false;
	showProgress(audioOf(wave), wave);
}

/**
 * @param {HTMLAudioElement} audio
 * @param {HTMLElement} wave
 */
const lengthOf = (audio, wave) => Number.isFinite(audio.duration) ? audio.duration : Number(wave.dataset.seconds);

/**
 * @param {HTMLAudioElement} audio
 * @param {HTMLElement | null} wave
 */
function showProgress(audio, wave) {
	if (!wave?.dataset.seconds) return;
	const bars = findAll("rect", wave), played = audio.currentTime / lengthOf(audio, wave) * bars.length;
	bars.forEach((bar, i) => bar.toggleAttribute("data-played", i < played));
}

/** @param {MouseEvent} e */
function seek(e) {
	/** @type {HTMLElement | null} */
	const wave = closest(e.target, ".wave");
	if (!wave) return;
	const audio = audioOf(wave), box = wave.getBoundingClientRect();
	const go = () => { audio.currentTime = (e.clientX - box.left) / box.width * lengthOf(audio, wave); };
	if (audio.readyState > 0) return go();
	audio.addEventListener("loadedmetadata", go, {once: true});
	audio.load();
}

/** drawFirst shows the waveforms on the page of one call. */
export function drawFirst() {
	findAll(".history-entry .wave").slice(0, 3).forEach(draw);
}

/** startRecordings watches all players of recordings. */
export function startRecordings() {
	document.addEventListener("play", e => {
		const wave = waveOf(e.target);
		if (!wave) return;
		pauseOthers(e);
		draw(wave);
	}, true);
	for (const kind of ["timeupdate", "seeked"]) {
		document.addEventListener(kind, e => showProgress(/** @type {HTMLAudioElement} */ (e.target), waveOf(e.target)), true);
	}
	document.addEventListener("click", seek);
}
