// Starts what the page can show; each part lives in a file of its own.

import { showHpack } from './hpack_view.js';
import { showProtocol } from './protocol.js';
import { showSimulator } from './simulator.js';
import { showWaterfall } from './waterfall.js';

showProtocol();
showHpack();
showSimulator();
showWaterfall();
