// When each file arrives, for six ways to carry them. All times in ms; the page explains the model.
//
// A file asked for at a moment is ready one round trip and its think time later, and then takes its turn
// on the line, which all connections share.

class Line {
    constructor(perFile) {
        this.perFile = perFile;
        this.free = 0;
    }

    carry(ready) {
        this.free = Math.max(this.free, ready) + this.perFile;
        return this.free;
    }
}

const think = (plan, index) => (index === 0 ? plan.slow : 0);

/** Some connections, each with one exchange at a time; `renew` shakes hands before each of them. */
function oneAtATime(plan, connections, renew) {
    const line = new Line(plan.perFile);
    const hello = plan.hello * plan.rtt;
    const free = new Array(connections).fill(renew ? 0 : hello);
    const waiting = [];
    const arrivals = new Array(plan.count);
    let next = 0;

    const ask = (connection) => {
        if (next === plan.count) return;
        const index = next++;
        const asked = free[connection] + (renew ? hello : 0);
        waiting.push({ connection, index, ready: asked + plan.rtt + think(plan, index) });
    };
    for (let i = 0; i < connections; i++) ask(i);
    while (waiting.length) {
        waiting.sort((a, b) => a.ready - b.ready || a.index - b.index);
        const { connection, index, ready } = waiting.shift();
        arrivals[index] = free[connection] = line.carry(ready);
        ask(connection);
    }
    return arrivals;
}

/** All asked at once; in the order of asking, or as they become ready. */
function allAtOnce(plan, hello, inOrder) {
    const line = new Line(plan.perFile);
    const asked = hello * plan.rtt;
    const files = Array.from({ length: plan.count }, (_, index) => ({ index, ready: asked + plan.rtt + think(plan, index) }));
    if (!inOrder) files.sort((a, b) => a.ready - b.ready || a.index - b.index);
    const arrivals = new Array(plan.count);
    for (const { index, ready } of files) arrivals[index] = line.carry(ready);
    return arrivals;
}

/**
 * plan     {rtt, count, perFile, slow, hello}: ms, files, ms of line time per file, ms that the first
 *          answer takes in the server, round trips of a handshake
 * returns  [{name, hello, arrivals}] with the handshake's end and each file's arrival in ms
 */
export function runModel(plan) {
    const hello = plan.hello * plan.rtt;
    return [
        { name: 'HTTP/1.0', hello, arrivals: oneAtATime(plan, 1, true) },
        { name: 'keep-alive', hello, arrivals: oneAtATime(plan, 1, false) },
        { name: 'pipelining', hello, arrivals: allAtOnce(plan, plan.hello, true) },
        { name: 'six connections', hello, arrivals: oneAtATime(plan, 6, false) },
        { name: 'HTTP/2', hello, arrivals: allAtOnce(plan, plan.hello, false) },
        { name: 'HTTP/3', hello: plan.rtt, arrivals: allAtOnce(plan, 1, false) },
    ];
}
