"""AWS's errors as a job's: one line, and only what AWS does not know is said not to be there."""

import pytest
from botocore.exceptions import ClientError

from estimators.aws import told
from estimators.errors import JobError
from rewards.errors import UnreachableError

ABSENT = "no training job 'mine' in us-east-1"


def client_error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeTrainingJob")


@pytest.mark.parametrize(
    "error",
    [
        client_error("ValidationException", "Requested resource not found."),
        client_error("ResourceNotFoundException", "no such job"),
        client_error("ResourceNotFound", "Could not find job"),
    ],
    ids=["SageMaker", "Bedrock", "another spelling"],
)
def test_a_job_that_is_not_there_is_said_not_to_be(error: Exception):
    with pytest.raises(JobError, match="no training job 'mine' in us-east-1: "), told(ABSENT):
        raise error


def test_our_own_mistakes_are_left_alone():
    with pytest.raises(KeyError), told(ABSENT):
        raise KeyError("x")


def test_a_page_in_the_place_of_an_answer_is_a_job_s_error_too():
    with pytest.raises(JobError, match="a page"), told(ABSENT):
        raise UnreachableError("a page")
