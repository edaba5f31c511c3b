'use strict'

// The two libraries behind one small face. Socket buffers are set unless a test wants the kernel's default of 208 kB, which overflows on
// loopback.
const BUFFER_BYTES = 4 << 20

function libutp (widens) {
  const utpNative = require('utp-native')

  function open () {
    const socket = utpNative()
    socket.bind(0, '127.0.0.1')
    if (widens) {
      socket.setRecvBufferSize(BUFFER_BYTES)
      socket.setSendBufferSize(BUFFER_BYTES)
    }
    return socket
  }

  return {
    name: 'utp-native ' + require('utp-native/package.json').version,
    listen (onListening, onConnection) {
      const server = open()
      server.on('connection', onConnection)
      server.listen()
      onListening(server.address().port)
    },
    openDeaf: () => open().address().port,
    connect: (port) => open().connect(port, '127.0.0.1')
  }
}

function utp (widens) {
  const pure = require('utp')
  const dgram = require('dgram')

  function widen (socket) {
    if (!widens) return
    socket.setRecvBufferSize(BUFFER_BYTES)
    socket.setSendBufferSize(BUFFER_BYTES)
  }

  return {
    name: 'utp ' + require('utp/package.json').version,
    listen (onListening, onConnection) {
      const socket = dgram.createSocket('udp4')
      const server = pure.createServer(onConnection)
      server.listenSocket(socket, () => {
        widen(socket)
        onListening(server.address().port)
      })
      socket.bind(0, '127.0.0.1')
    },
    connect (port) {
      const connection = pure.connect(port, '127.0.0.1')
      connection.socket.once('listening', () => widen(connection.socket))
      return connection
    }
  }
}

exports.createDriver = function (name, buffers) {
  const widens = buffers !== 'default-buffers'
  if (name === 'libutp') return libutp(widens)
  if (name === 'utp') return utp(widens)
  throw new Error('The first argument is libutp or utp.')
}
