// One function for each task. Nothing is kept but what the answer needs.
const opened = (url) => new Promise((resolve, reject) => {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => resolve(socket);
  socket.onerror = () => reject(new Error("it did not open"));
});

// Nearest rank, as a histogram has it.
const figures = (took) => {
  const sorted = Float64Array.from(took).sort();
  const at = (share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
};

const tasks = {
  // One message after the other.
  async roundTrips({ url, samples, payload }) {
    const socket = await opened(url);
    const took = [];
    await new Promise((resolve) => {
      let sent = 0;
      const send = () => {
        sent = performance.now();
        socket.send(payload.replace("#", String(took.length).padStart(6, "0")));
      };
      socket.onmessage = () => {
        took.push(performance.now() - sent);
        if (took.length < samples) send(); else resolve();
      };
      send();
    });
    socket.close();
    return figures(took);
  },

  // A thousand at once, then the next thousand.
  async batches({ url, batches, window, payload }) {
    const socket = await opened(url);
    const took = [];
    for (let batch = 0; batch < batches; batch++) {
      const began = performance.now();
      await new Promise((resolve) => {
        let left = window;
        socket.onmessage = () => { if (--left === 0) resolve(); };
        for (let i = 0; i < window; i++) socket.send(payload.replace("#", String(i).padStart(6, "0")));
      });
      took.push(performance.now() - began);
    }
    socket.close();
    return took;
  },

  // As many connections as told, each sends when it has its answer.
  async closedLoops({ url, connections, millis, payload }) {
    const sockets = await Promise.all(Array.from({ length: connections }, () => opened(url)));
    const began = performance.now();
    let answers = 0;
    await Promise.all(sockets.map((socket) => new Promise((resolve) => {
      let round = 0;
      const send = () => socket.send(payload.replace("#", String(round++).padStart(6, "0")));
      socket.onmessage = () => {
        answers++;
        if (performance.now() - began < millis) send(); else resolve();
      };
      send();
    })));
    const took = performance.now() - began;
    sockets.forEach((socket) => socket.close());
    return answers / (took / 1000);
  },

  // A crowd, opened a few at a time; all send on the same clock.
  async crowd({ url, connections, pace, every, rounds, payload }) {
    const sockets = [];
    let next = 0;
    await Promise.all(Array.from({ length: pace }, async () => {
      while (next++ < connections) sockets.push(await opened(url));
    }));
    const took = [];
    let answers = 0;
    const all = new Promise((resolve) => {
      sockets.forEach((socket) => {
        socket.sentAt = new Map();
        socket.onmessage = ({ data }) => {
          const now = performance.now();
          took.push(now - socket.sentAt.get(data));
          socket.sentAt.delete(data);
          if (++answers === connections * rounds) resolve();
        };
      });
    });
    const began = performance.now();
    for (let round = 0; round < rounds; round++) {
      const wait = began + round * every - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const text = payload.replace("#", String(round).padStart(6, "0"));
      for (const socket of sockets) {
        socket.sentAt.set(text, performance.now());
        socket.send(text);
      }
    }
    await Promise.race([all, new Promise((resolve) => setTimeout(resolve, 10000))]);
    sockets.forEach((socket) => socket.close());
    return { ...figures(took), lost: connections * rounds - answers };
  },

  // Says what is wanted and counts what comes; keeps it, too, where that is asked for: the time and the bytes. `writes` appends all that
  // is kept to a private file, 256 KiB at a time.
  async flood({ url, count, size, keeps, writes }) {
    const socket = await opened(url);
    const file = writes && await appended();
    const encoder = new TextEncoder();
    const times = new Float64Array(keeps ? count : 0), bytes = new Uint8Array(keeps ? 16 << 20 : 0);
    let end = 0;
    const keep = (left, { data }) => {
      times[left] = performance.now();
      if (end + 3 * data.length > bytes.length) end = 0;
      const { written } = encoder.encodeInto(data, bytes.subarray(end));
      file?.append(bytes.subarray(end, end + written));
      end += written;
    };
    const began = performance.now();
    await new Promise((resolve) => {
      let left = count;
      const counted = () => { if (--left === 0) resolve(); };
      socket.onmessage = keeps ? (event) => { keep(left - 1, event); counted(); } : counted;
      socket.send(`go ${count} ${size}`);
    });
    file?.end();
    const took = performance.now() - began;
    socket.close();
    return took;
  },
};

// A private file that is written from its beginning.
const appended = async () => {
  const folder = await navigator.storage.getDirectory();
  const handle = await (await folder.getFileHandle("bare", { create: true })).createSyncAccessHandle();
  handle.truncate(0);
  const piece = new Uint8Array(256 << 10);
  let used = 0, at = 0;
  const write = () => { at += handle.write(piece.subarray(0, used), { at }); used = 0; };
  return {
    append(bytes) {
      if (used + bytes.length > piece.length) write();
      piece.set(bytes, used);
      used += bytes.length;
    },
    end() { write(); handle.close(); },
  };
};

onmessage = async ({ data: { id, task, options } }) => {
  let answer;
  try { answer = await tasks[task](options); } catch (error) { answer = { error: String(error) }; }
  postMessage({ id, answer });
};
