// @ts-check
// Changes an element into another one, and touches only what differs: the focus,
// a pressed button and what script has added to the rest stay.

import {parse} from "./dom.js";

/**
 * kindOf returns a key that is equal for two nodes of which one may become the
 * other: elements of one kind, told apart by their last class, which names the
 * action of a button. What htmx adds while a request is under way does not count.
 * @param {Node} node
 */
function kindOf(node) {
	return node instanceof Element ? `${node.nodeName} ${node.id || [...node.classList].findLast(name => name !== "htmx-request")}` : node.nodeType;
}

/**
 * @param {Element} old
 * @param {Element} fresh
 */
function morphAttributes(old, fresh) {
	for (const {name} of [...old.attributes]) {
		if (!fresh.hasAttribute(name) && name !== "data-htmx-powered") old.removeAttribute(name);
	}
	for (const {name, value} of fresh.attributes) {
		if (old.getAttribute(name) !== value) old.setAttribute(name, value);
	}
}

/**
 * morph makes old equal to fresh, which it takes apart.
 * @param {Element} old
 * @param {Element} fresh
 */
export function morph(old, fresh) {
	if (old.isEqualNode(fresh)) return;
	morphAttributes(old, fresh);
	if (old.matches("time[data-since]")) return; // the clock writes its text
	let next = old.firstChild;
	for (const child of [...fresh.childNodes]) {
		let match = next;
		while (match && kindOf(match) !== kindOf(child)) match = match.nextSibling;
		if (!match) {
			old.insertBefore(child, next);
			continue;
		}
		while (next && next !== match) next = remove(next);
		next = match.nextSibling;
		if (match instanceof Element) morph(match, /** @type {Element} */ (child));
		// A text that is only replaced counts as a layout shift, another node does not.
		else if (match.nodeValue !== child.nodeValue) match.parentNode?.replaceChild(child, match);
	}
	while (next) next = remove(next);
}

/**
 * remove removes a node, unless it was added by script, and returns the one after
 * it.
 * @param {ChildNode} node
 */
function remove(node) {
	const {nextSibling} = node;
	if (!(node instanceof HTMLElement && "added" in node.dataset)) node.remove();
	return nextSibling;
}

/**
 * elementOf returns the element that HTML from the server consists of.
 * @param {string} html
 */
export function elementOf(html) {
	return document.adoptNode(/** @type {HTMLElement} */ (parse(html).body.firstElementChild));
}
