// Runs before anything is drawn, so that a chosen theme does not flash.
"use strict";
document.documentElement.classList.add("js");
if (localStorage.getItem("theme")) document.documentElement.dataset.theme = localStorage.getItem("theme");
