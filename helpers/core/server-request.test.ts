import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRequests, requestText, type ServerRequest } from './server-request.ts'

test.for<[string, ServerRequest[]]>([
  ['POST /sleep?level=1', [{ method: 'POST', path: '/sleep?level=1' }]],
  ['  PUT /a {"b": {"c": "}"}}\n', [{ method: 'PUT', path: '/a', body: '{"b": {"c": "}"}}' }]],
  [
    'POST /wake_up?tags=weights POST /collective_rpc {"method":"reload_weights"} GET /',
    [
      { method: 'POST', path: '/wake_up?tags=weights' },
      { method: 'POST', path: '/collective_rpc', body: '{"method":"reload_weights"}' },
      { method: 'GET', path: '/' },
    ],
  ],
])('%j', ([text, requests]) => expect(parseRequests(text)).toEqual(requests))

test.for([
  '',
  '/sleep',
  'POST',
  'POST sleep',
  'post /sleep',
  'DELETE /x',
  'POST http://host/sleep',
  'POST /a {',
  "POST /a {'b': 1}",
  'POST /a [1]',
  'POST /a{"b": 1} c',
  'POST /a {"b": 1} extra',
  'POST /é',
])('%j is no request', text => expect(parseRequests(text)).toBeUndefined())

const request = fc.record(
  {
    method: fc.constantFrom('GET', 'POST', 'PUT'),
    path: fc.stringMatching(/^\/[a-z?=&{}]*$/),
    body: fc.dictionary(fc.string(), fc.jsonValue()).map(value => JSON.stringify(value)),
  },
  { requiredKeys: ['method', 'path'] },
) as fc.Arbitrary<ServerRequest>

test('what is written out is read again', () =>
  fc.assert(
    fc.property(fc.array(request, { minLength: 1 }), requests => {
      expect(parseRequests(requests.map(requestText).join(' '))).toEqual(requests)
    }),
  ))

test('any text gives requests or none', () =>
  fc.assert(
    fc.property(fc.string(), text => {
      parseRequests(`POST /a {${text}`)
    }),
  ))
