// SPDX-License-Identifier: GPL-2.0-only
// Shows what running jobs say. Pages work without it.
"use strict";
const root = document.currentScript.src.replace(/live\.js$/, "");
new EventSource(root + "events").addEventListener("state", (event) => {
	const state = JSON.parse(event.data);
	for (const place of document.querySelectorAll("[data-live]")) {
		if (place.dataset.live === "counts") {
			place.textContent = `; ${state.running} running, ${state.queued} queued`;
		} else if (state.says[place.dataset.key] !== undefined) {
			place.textContent = state.says[place.dataset.key];
		}
	}
});
