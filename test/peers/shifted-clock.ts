import { readFileSync } from 'node:fs';

// Loaded by `node --import` before a program: its clock is ahead by as many milliseconds as the file named by
// CLOCK_SHIFT_FILE says at that moment. Timers stay as they are.

const file = process.env.CLOCK_SHIFT_FILE ?? '';
const realNow = Date.now;

Date.now = () => realNow() + Number(readFileSync(file, 'utf8'));
