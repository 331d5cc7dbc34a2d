// The race of chapter "Try the numbers": dials in, one lane of arrivals for each way out.

import { duration, element } from './format.js';
import { runModel } from './model.js';

const UNITS = { rtt: ' ms', count: '', size: ' KB', rate: ' Mbit/s', slow: ' ms' };

function planOf(dials) {
    const value = (id) => Number(dials.elements[id].value);
    return {
        rtt: value('rtt'),
        count: value('count'),
        perFile: (value('size') * 8) / value('rate'), // KB · 8 = kbit; Mbit/s = kbit/ms
        slow: value('slow'),
        hello: value('hello'),
    };
}

function lane(way) {
    const row = element('div', { class: 'lane' });
    const track = element('div', { class: 'track' });
    const time = element('div', { class: 'time' });
    track.append(element('i', { class: 'hello' }));
    row.append(element('div', { class: 'who' }, way.name), track, time);
    return row;
}

function fill(row, way, end) {
    const track = row.querySelector('.track');
    const ticks = track.querySelectorAll('.tick');
    const place = (ms) => `${(100 * ms) / end}%`;
    track.querySelector('.hello').style.width = place(way.hello);
    way.arrivals.forEach((ms, index) => {
        const tick = ticks[index] ?? track.appendChild(element('i', { class: index ? 'tick' : 'tick slow' }));
        tick.style.left = place(ms);
    });
    for (let i = way.arrivals.length; i < ticks.length; i++) ticks[i].remove();

    const sorted = [...way.arrivals].sort((a, b) => a - b);
    row.querySelector('.time').replaceChildren(
        duration(sorted.at(-1)),
        element('small', {}, `half by ${duration(sorted[Math.ceil(sorted.length / 2) - 1])}`),
    );
    return sorted;
}

function verdictOn(ways) {
    const last = (name) => Math.max(...ways.find((way) => way.name === name).arrivals);
    const one = last('HTTP/1.0') / last('HTTP/2');
    const six = last('six connections') / last('HTTP/2');
    const times = (factor) => (factor < 1.05 ? 'no longer' : `${factor.toFixed(1)} times as long`);
    return `Beside HTTP/2, HTTP/1.0 takes ${times(one)} and six connections take ${times(six)}.`;
}

export function showSimulator() {
    const dials = document.getElementById('dials');
    const race = document.getElementById('race');

    function update() {
        for (const output of dials.querySelectorAll('output')) {
            const id = output.htmlFor.value;
            output.value = dials.elements[id].value + UNITS[id];
        }
        const ways = runModel(planOf(dials));
        if (!race.children.length) race.append(...ways.map(lane));
        const end = Math.max(...ways.flatMap((way) => way.arrivals));
        ways.forEach((way, index) => fill(race.children[index], way, end));
        race.setAttribute('aria-label', ways.map((way) => `${way.name}: ${duration(Math.max(...way.arrivals))}`).join('; '));
        document.getElementById('verdict').textContent = verdictOn(ways);
    }
    dials.addEventListener('input', update);
    dials.addEventListener('submit', (event) => event.preventDefault());
    update();
}
