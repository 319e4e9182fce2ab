// An AT Protocol network in this process (directory and account server), and before it a stream as Jetstream gives it:
// what `subscribeRepos` of the account server says, as lines of JSON. Says `ready` and its ports when it is up.
import { TestNetworkNoAppView } from '@atproto/dev-env'
import { decode, decodeAll } from '@atproto/lex-cbor'
import { readCar } from '@atproto/repo'
import { WebSocket, WebSocketServer } from 'ws'

const [plcPort, pdsPort, streamPort] = process.argv.slice(2).map(Number)
await TestNetworkNoAppView.create({
  plc: { port: plcPort },
  pds: { port: pdsPort, hostname: 'localhost', inviteRequired: false },
})

const events = async (header, body) => {
  const time_us = Date.parse(body.time) * 1000 + (body.seq % 1000)
  if (header.t === '#identity') {
    const identity = { did: body.did, handle: body.handle, seq: body.seq, time: body.time }
    return [{ did: body.did, time_us, kind: 'identity', identity }]
  }
  if (header.t === '#account') {
    const account = { active: body.active, status: body.status, did: body.did, seq: body.seq, time: body.time }
    return [{ did: body.did, time_us, kind: 'account', account }]
  }
  if (header.t !== '#commit') return []
  const { blocks } = await readCar(body.blocks)
  return body.ops.map((op) => {
    const [collection, rkey] = op.path.split('/')
    const commit = { rev: body.rev, operation: op.action, collection, rkey }
    const bytes = op.cid && blocks.get(op.cid)
    if (bytes) Object.assign(commit, { record: decode(bytes), cid: op.cid.toString() })
    return { did: body.repo, time_us, kind: 'commit', commit }
  })
}

new WebSocketServer({ port: streamPort, host: '127.0.0.1' }).on('connection', (client, request) => {
  const query = new URL(request.url, 'ws://here').searchParams
  // without a cursor a stream begins now
  const since = Number(query.get('cursor') ?? Date.now() * 1000)
  const wanted = query.getAll('wantedCollections')
  const source = new WebSocket(`ws://localhost:${pdsPort}/xrpc/com.atproto.sync.subscribeRepos?cursor=0`)
  let turn = Promise.resolve()
  source.on('message', (bytes) => {
    turn = turn.then(async () => {
      // a frame is two values: a header, and what it is about
      const [header, body] = decodeAll(new Uint8Array(bytes))
      for (const event of await events(header, body)) {
        const collection = event.commit?.collection
        const asked = !collection || !wanted.length || wanted.includes(collection)
        if (asked && event.time_us >= since) client.send(JSON.stringify(event))
      }
    })
  })
  client.on('close', () => source.close())
  source.on('close', () => client.close())
  source.on('error', () => client.close())
})
console.log('ready')
