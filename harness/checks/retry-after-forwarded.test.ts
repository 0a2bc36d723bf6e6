import { errorBody, evidence, jsonExchange } from '../evidence/fixture.ts'
import { retryAfterForwardedCheck } from './retry-after-forwarded.ts'
import { examples } from './testing/examples.ts'

const told = (value: string | undefined, date?: string) =>
  evidence({ exchanges: [jsonExchange('a', errorBody(), { status: 429, headers: [...(date === undefined ? [] : [['Date', date] as [string, string]]), ...(value === undefined ? [] : [['Retry-After', value] as [string, string]])] })] })
const NOON = 'Sun, 06 Nov 2033 12:00:00 GMT'

examples(retryAfterForwardedCheck, {
  params: { seconds: 30 },
  passes: {
    'the same': told('30'),
    'a larger one': told('31'),
    'a much larger one': told('86400'),
    'as a date': told('Sun, 06 Nov 2033 12:00:30 GMT', NOON),
    'as a date that lost its fraction of a second': told('Sun, 06 Nov 2033 12:00:29 GMT', NOON),
  },
  fails: {
    'none': [told(undefined), /^no Retry-After; 429/, ['a']],
    'a smaller one': [told('29'), /^Retry-After 29/],
    'an earlier date': [told('Sun, 06 Nov 2033 12:00:20 GMT', NOON), /^Retry-After Sun/],
    'a date without a Date to count from': [told('Sun, 06 Nov 2033 12:00:30 GMT'), /^Retry-After Sun/],
    'the epoch': [told('2014891230'), /^Retry-After 2014891230; 429/],
    'a date in another century': [told('Sun, 06 Nov 2133 12:00:00 GMT', NOON), /^Retry-After Sun/],
    'Infinity': [told('Infinity'), /^Retry-After Infinity/],
    'hexadecimal': [told('0x1e'), /^Retry-After 0x1e/],
    'a decimal': [told('30.5'), /^Retry-After 30.5/],
    'negative': [told('-30'), /^Retry-After -30/],
    'empty': [told(''), /^Retry-After ;/],
  },
})
