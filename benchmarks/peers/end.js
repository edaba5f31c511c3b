'use strict'

// One end of a benchmark over libutp, by the package utp-native, with socket buffers of 4 MB set by its own API. The command "utp bench
// compare" starts two of these, as server and as client, and tells them what to do: a line of JSON each way, as EndProtocol.cs says. The process
// ends when its input does.

const fs = require('fs')
const readline = require('readline')
const utpNative = require('utp-native')

const BUFFER_BYTES = 4 << 20
const STAMP_DISTANCE = 1024
const HOST = '127.0.0.1'

let plan = null
let end = null
const totals = { received: 0, sent: 0, completed: 0, byConnection: [], times: [] }

function answer (reply) {
  fs.writeSync(1, JSON.stringify(reply) + '\n')
}

function fail (error) {
  answer({ error: 'utp-native: ' + (error.message || error) })
  process.exit(1)
}

function open () {
  const socket = utpNative()
  socket.bind(0, HOST)
  socket.setRecvBufferSize(BUFFER_BYTES)
  socket.setSendBufferSize(BUFFER_BYTES)
  return socket
}

function seconds () {
  return Number(process.hrtime.bigint()) / 1e9
}

function percentile (times, share) {
  return times[Math.min(times.length - 1, Math.max(0, Math.ceil(times.length * share) - 1))]
}

function latency () {
  const times = Float64Array.from(totals.times).sort()
  totals.times = []
  if (times.length === 0) return undefined
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), p999: percentile(times, 0.999), max: times[times.length - 1] }
}

function mark () {
  const cpu = process.cpuUsage()
  return {
    at: seconds(),
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    cores: require('os').availableParallelism ? require('os').availableParallelism() : require('os').cpus().length,
    residentBytes: process.memoryUsage().rss,
    bytesReceived: totals.received,
    bytesSent: totals.sent,
    completed: totals.completed,
    byConnection: totals.byConnection,
    latency: latency()
  }
}

function complete (start) {
  totals.completed++
  totals.times.push(Number(process.hrtime.bigint() - start) / 1e3)
}

// At each whole kilobyte of the stream stands its offset: the same work as in the other ends.
function stamp (chunk, offset) {
  for (let at = (STAMP_DISTANCE - offset % STAMP_DISTANCE) % STAMP_DISTANCE; at + 8 <= chunk.length; at += STAMP_DISTANCE) {
    chunk.writeUInt32LE((offset + at) % 0x100000000, at)
    chunk.writeUInt32LE(Math.floor((offset + at) / 0x100000000), at + 4)
  }
}

function isStamped (piece, offset) {
  for (let at = (STAMP_DISTANCE - offset % STAMP_DISTANCE) % STAMP_DISTANCE; at + 8 <= piece.length; at += STAMP_DISTANCE) {
    if (piece.readUInt32LE(at) !== (offset + at) % 0x100000000) return false
    if (piece.readUInt32LE(at + 4) !== Math.floor((offset + at) / 0x100000000)) return false
  }
  return true
}

// ---------------------------------------------------------------------------------------------------------------- server

function server () {
  let alive = 0
  let onEmpty = null

  function serve (connection) {
    const index = totals.byConnection.push(0) - 1
    alive++
    connection.on('data', (data) => {
      if (plan.work !== 'Bulk') return connection.write(data)
      if (!isStamped(data, totals.byConnection[index])) fail('what arrived is not what was sent')
      totals.byConnection[index] += data.length
      totals.received += data.length
    })
    connection.on('end', () => connection.end())
    connection.on('error', fail)
    connection.on('close', () => {
      alive--
      if (onEmpty && alive === 0) onEmpty()
    })
  }

  return {
    open: async () => {
      const socket = open()
      socket.on('connection', serve)
      socket.listen()
      return [socket.address().port]
    },
    go: async () => {},
    finish: () => new Promise((resolve) => {
      onEmpty = resolve
      if (alive === 0) resolve()
    })
  }
}

// ---------------------------------------------------------------------------------------------------------------- client

function client () {
  const sockets = []
  const connections = []
  let serverPorts = []
  let finishing = false
  let working = []

  function socketOf (index) {
    const number = index % plan.ports
    while (sockets.length <= number) sockets.push(open())
    return sockets[number]
  }

  function connect (index) {
    return new Promise((resolve) => {
      const connection = socketOf(index).connect(serverPorts[index % serverPorts.length], HOST)
      connection.on('error', fail)
      connection.once('connect', () => resolve(connection))
    })
  }

  async function write (connection, bytes) {
    // When a write calls back libutp has copied it.
    const whole = Buffer.alloc(plan.writeBytes)
    let offset = connection.offset || 0
    while (bytes > 0 && !finishing) {
      const chunk = whole.subarray(0, Math.min(plan.writeBytes, bytes))
      stamp(chunk, offset)
      await new Promise((resolve) => connection.write(chunk, resolve))
      offset += chunk.length
      bytes -= chunk.length
      totals.sent += chunk.length
    }
    connection.offset = offset
  }

  function closed (connection) {
    return new Promise((resolve) => {
      connection.once('close', resolve)
      connection.resume()
      connection.end()
    })
  }

  function ask (connection, message) {
    return new Promise((resolve) => {
      let missing = message.length
      connection.on('data', function heard (data) {
        missing -= data.length
        if (missing > 0) return
        connection.removeListener('data', heard)
        resolve()
      })
      connection.write(message)
    })
  }

  async function ping (connection) {
    while (!finishing) {
      const start = process.hrtime.bigint()
      await ask(connection, Buffer.alloc(plan.messageBytes))
      complete(start)
    }
  }

  async function call (first) {
    for (let index = first; !finishing; index += plan.connections) {
      const start = process.hrtime.bigint()
      const connection = await connect(index)
      await ask(connection, Buffer.alloc(plan.messageBytes))
      await closed(connection)
      complete(start)
    }
  }

  return {
    open: async (request) => {
      serverPorts = request.ports
      if (plan.work === 'Accept') return []
      for (let index = 0; index < plan.connections; index++) connections.push(await connect(index))
      return []
    },
    go: async (request) => {
      const bytes = request.bytes || 0
      if (plan.work === 'Accept') working = Array.from({ length: plan.connections }, (_, index) => call(index))
      else if (plan.work === 'Ping') working = connections.map(ping)
      else if (plan.work === 'Bulk') {
        working = connections.map((connection, index) => write(connection, bytes === 0
          ? Infinity
          : Math.floor(bytes / connections.length) + (index < bytes % connections.length ? 1 : 0)))
        if (bytes > 0) await Promise.all(working)
      }
    },
    finish: async () => {
      finishing = true
      await Promise.all(working)
      await Promise.all(connections.map(closed))
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------- the command

async function handle (message) {
  if (plan === null) {
    plan = message
    end = plan.isServer ? server() : client()
    return
  }

  switch (message.do) {
    case 'open':
      return answer({ ports: await end.open(message) })
    case 'go':
      await end.go(message)
      return answer({})
    case 'mark':
      while (totals.received < (message.bytes || 0) || totals.completed < (message.completed || 0)) await new Promise((resolve) => setTimeout(resolve, 1))
      return answer({ mark: mark() })
    case 'finish':
      await end.finish()
      return answer({ mark: mark() })
    default:
      fail(`'${message.do}' is nothing that an end of a benchmark does`)
  }
}

let last = Promise.resolve()
readline.createInterface({ input: process.stdin })
  .on('line', (line) => {
    last = last.then(() => handle(JSON.parse(line))).catch(fail)
  })
  .on('close', () => process.exit(0))
