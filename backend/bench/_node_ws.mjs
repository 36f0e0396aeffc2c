// The peer: a bare broadcaster of Node's `ws`, fed by one Redis subscription. It knows topics and nothing else.
import net from "node:net";
import { createRequire } from "node:module";

const [, , modules, port, redisUrl, pattern] = process.argv;
const { WebSocketServer } = createRequire(`${modules}/`)("ws");
const sockets = new Map();

new WebSocketServer({ host: "127.0.0.1", port: Number(port), perMessageDeflate: false }).on("connection", (socket) => {
  socket.on("message", (data) => {
    for (const topic of JSON.parse(data).groups ?? []) {
      if (!sockets.has(topic)) sockets.set(topic, new Set());
      sockets.get(topic).add(socket);
      socket.on("close", () => sockets.get(topic).delete(socket));
    }
    socket.send('{"type":"synced"}');
  });
});

const url = new URL(redisUrl);
const redis = net.connect(Number(url.port), url.hostname);
const word = (...parts) => `*${parts.length}\r\n${parts.map((p) => `$${Buffer.byteLength(p)}\r\n${p}\r\n`).join("")}`;
if (url.password) redis.write(word("AUTH", decodeURIComponent(url.password)));
redis.write(word("PSUBSCRIBE", pattern));
let rest = Buffer.alloc(0);
redis.on("data", (data) => {
  rest = Buffer.concat([rest, data]);
  for (;;) {
    const [reply, used] = read(rest, 0);
    if (used < 0) return;
    rest = rest.subarray(used);
    if (Array.isArray(reply) && reply[0] === "pmessage") {
      const topic = reply[2].slice(pattern.length - 1);
      for (const socket of sockets.get(topic) ?? []) socket.send(reply[3]);
    }
  }
});

function read(buffer, at) {
  const end = buffer.indexOf("\r\n", at);
  if (end < 0) return [null, -1];
  const kind = String.fromCharCode(buffer[at]);
  const said = buffer.toString("utf8", at + 1, end);
  if (kind === "$") {
    const size = Number(said);
    if (buffer.length < end + 2 + size + 2) return [null, -1];
    return [buffer.toString("utf8", end + 2, end + 2 + size), end + 4 + size];
  }
  if (kind === "*") {
    const items = [];
    let next = end + 2;
    for (let n = 0; n < Number(said); n += 1) {
      const [item, used] = read(buffer, next);
      if (used < 0) return [null, -1];
      items.push(item);
      next = used;
    }
    return [items, next];
  }
  return [said, end + 2];
}
