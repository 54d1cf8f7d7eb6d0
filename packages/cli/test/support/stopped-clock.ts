import { NOW } from "./fixed-clock.ts";

// Loaded before a command of a test: its wall clock stands still. Timers and `performance.now()` go on.
Date.now = () => NOW;
