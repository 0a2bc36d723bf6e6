import { GatewayError } from '../errors.ts'
import type { Auto } from './auto.ts'
import { misfit } from './fit.ts'
import type { Asked } from './prompt.ts'
import type { Model, Registry } from './registry.ts'

/** Finds the model that a request is for; throws GW_ERR_MODEL_NOT_FOUND, or a 400 that says why the model cannot take it. */
export type ChooseModel = (asked: Asked) => Model

/** `auto` is there when the gateway may be left the choice. */
export function createChoose(registry: Registry, auto?: Auto): ChooseModel {
  return (asked) => {
    const name = asked.body.model
    if (auto?.answersTo(name) === true) return auto.choose(asked)
    const model = registry.find(name)
    if (model === undefined) throw modelNotFound(name)
    const reason = misfit(model, asked)
    if (reason !== undefined) throw reason
    return model
  }
}

/** The 404 for a model that the config does not name. */
export function modelNotFound(model: string): GatewayError {
  const name = model.length > 100 ? `${model.slice(0, 100)}…` : model
  return new GatewayError('GW_ERR_MODEL_NOT_FOUND', { message: `The model '${name}' does not exist or you do not have access to it.`, param: 'model' })
}
