'use strict'

// One end of a uTP connection in the hands of a test. Commands arrive as JSON lines on standard input, what happens leaves as
// JSON lines on standard output. The process ends when standard input does, so it never outlives its test.
//
//   node peer.js libutp|utp [default-buffers|wide-buffers] [RANDOM]
//
// RANDOM, from 0 to 1, stands for every random number that the library draws: its first seq_nr, for example.

const crypto = require('crypto')
const readline = require('readline')
const { createDriver } = require('./drivers')

if (process.argv[4]) Math.random = () => Number(process.argv[4])
const driver = createDriver(process.argv[2], process.argv[3])
let connection = null
let received = crypto.createHash('sha256')
let receivedBytes = 0
let echoes = false
let greeting = null

function tell (event, facts) {
  process.stdout.write(JSON.stringify({ event, ...facts }) + '\n')
}

function adopt (stream) {
  connection = stream
  stream.on('data', function (chunk) {
    if (receivedBytes === 0) tell('first-data', { bytes: chunk.length })
    receivedBytes += chunk.length
    received.update(chunk)
    if (echoes) stream.write(chunk)
  })
  stream.on('end', function () {
    tell('end', { bytes: receivedBytes, sha256: received.copy().digest('hex') })
    if (echoes) stream.end()
  })
  stream.on('finish', () => tell('finish'))
  stream.on('error', (error) => tell('error', { code: error.code || error.message }))
  stream.on('close', () => tell('close'))
}

// The same generator as in the tests (Marsaglia's xorshift32, little-endian words): both ends know what a seed means.
function * chunksOf (seed, bytes) {
  let state = seed >>> 0
  for (let left = bytes; left > 0;) {
    const size = Math.min(left, 65536)
    const chunk = Buffer.allocUnsafe((size + 3) & ~3)
    for (let i = 0; i < chunk.length; i += 4) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      chunk.writeUInt32LE(state >>> 0, i)
    }
    yield chunk.subarray(0, size)
    left -= size
  }
}

async function write ({ seed, bytes }) {
  for (const data of chunksOf(seed, bytes)) {
    if (!connection.write(data)) await new Promise((resolve) => connection.once('drain', resolve))
  }
  tell('written', { bytes })
}

const commands = {
  listen: () => driver.listen((port) => tell('listening', { port }), (stream) => {
    adopt(stream)
    tell('connection')
    if (greeting) write(greeting)
  }),
  greet: (data) => { greeting = data },
  deaf: () => tell('listening', { port: driver.openDeaf() }),
  connect: async ({ port }) => {
    const stream = driver.connect(port)
    adopt(stream)
    await new Promise((resolve) => stream.once('connect', () => resolve(tell('connect'))).once('close', resolve))
  },
  echo: () => {
    echoes = true
    tell('echoing')
  },
  write,
  end: () => connection.end(),
  destroy: () => connection.destroy()
}

// One after the other: "end" waits until what was written before has been taken.
let last = Promise.resolve()
readline.createInterface({ input: process.stdin })
  .on('line', (line) => {
    const command = JSON.parse(line)
    last = last.then(() => commands[command.do](command))
  })
  .on('close', () => process.exit(0))

tell('ready', { node: process.version, library: driver.name })
